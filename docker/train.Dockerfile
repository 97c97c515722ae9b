# Runs the pipelines' steps and MLflow's server; docker/README.md has the build arguments. Docker's context is the
# repository's root.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS packages
ARG PIP_INDEX_URL=
ARG TORCH_INDEX_URL=
ARG ACCELERATOR=cpu
ARG EXTRAS=
WORKDIR /build
COPY requirements.lock pyproject.toml docker/train-requirements.txt docker/list_requirements.py docker/wheelhouse* ./
RUN python3 -m venv --without-pip /opt/rarefault \
 && python3 list_requirements.py pyproject.toml ${EXTRAS} >> train-requirements.txt \
 && if ls ./*.whl > /dev/null 2>&1; then offline="--no-index --find-links ."; fi \
 && if [ -f ca.crt ]; then export PIP_CERT=/build/ca.crt; fi \
 && if [ -z "$PIP_INDEX_URL" ]; then unset PIP_INDEX_URL; fi \
 && torch=$(grep '^torch==' requirements.lock) \
 && if [ "$ACCELERATOR" = cpu ]; then cpu_only="${TORCH_INDEX_URL:+--extra-index-url $TORCH_INDEX_URL}"; else torch="torch=${torch#torch}"; fi \
 && install="python3 -m pip --python /opt/rarefault/bin/python install --no-cache-dir --no-compile --prefer-binary \
      --disable-pip-version-check --constraint requirements.lock $offline" \
 && $install $cpu_only "$torch" \
 && $install --requirement train-requirements.txt \
 && /opt/rarefault/bin/python -c "import sys, torch; found = torch.version.cuda; \
      sys.exit(None if (found is None) == ('$ACCELERATOR' == 'cpu') else f'not torch for $ACCELERATOR: its CUDA is {found}; TORCH_INDEX_URL names an index of CPU builds')"
COPY pyproject.toml README.md LICENSE ./
COPY rarefault rarefault
COPY components components
COPY pipelines pipelines
COPY serving serving
# The files never change again, so the bytecode need not be compared with them when a step starts.
RUN packages=$(/opt/rarefault/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && if ls ./*.whl > /dev/null 2>&1; then offline="--no-index --find-links ."; fi \
 && if [ -f ca.crt ]; then export PIP_CERT=/build/ca.crt; fi \
 && if [ -z "$PIP_INDEX_URL" ]; then unset PIP_INDEX_URL; fi \
 && python3 -m pip --python /opt/rarefault/bin/python install --no-cache-dir --no-compile --no-deps \
      --disable-pip-version-check $offline . \
 && cd "$packages" \
 && find torch/bin -type f ! -name torch_shm_manager -delete \
 && find torch/testing -name 'py31[2-9]*' -delete \
 && rm -rf torch/include torch/test torch/share onnx/backend/test onnxruntime/transformers pyarrow/include \
 && find . \( -name __pycache__ -o -name tests -o -name '*.pyx' -o -name '*.a' \) -prune -exec rm -rf {} + \
 && /opt/rarefault/bin/python -m compileall -q --invalidation-mode unchecked-hash .

FROM ${BASE_IMAGE} AS base
COPY docker/slim_base.sh /tmp/
RUN sh /tmp/slim_base.sh

# What a layer deletes stays in the layers below it, so the image begins anew and takes what is left.
FROM scratch
COPY --from=base / /
COPY --from=packages /opt/rarefault /opt/rarefault
ARG BASE_IMAGE
ARG VERSION=unknown
ARG REVISION=unknown
ARG SERVE_IMAGE=localhost:32000/rarefault/serve:${VERSION}
LABEL org.opencontainers.image.title="Rarefault training" \
      org.opencontainers.image.description="Runs the steps of Rarefault's pipelines" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
# Steps may write in /tmp alone. The deploy step serves models with the image that was built beside this one.
ENV PATH=/opt/rarefault/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 HOME=/tmp USER=rarefault \
    PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1 \
    MPLBACKEND=Agg RAREFAULT_HOME=/tmp/rarefault RAREFAULT_SERVE_IMAGE=${SERVE_IMAGE}
USER 1000:1000
WORKDIR /tmp
CMD ["rarefault", "--help"]
