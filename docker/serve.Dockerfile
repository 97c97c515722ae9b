# The model server; docker/README.md has the build arguments. Docker's context is the repository's root.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS packages
ARG PIP_INDEX_URL=
WORKDIR /build
COPY requirements.lock docker/serve-requirements.txt docker/wheelhouse* ./
RUN python3 -m venv --without-pip /opt/rarefault \
 && if ls ./*.whl > /dev/null 2>&1; then offline="--no-index --find-links ."; fi \
 && if [ -f ca.crt ]; then export PIP_CERT=/build/ca.crt; fi \
 && if [ -z "$PIP_INDEX_URL" ]; then unset PIP_INDEX_URL; fi \
 && python3 -m pip --python /opt/rarefault/bin/python install --no-cache-dir --no-compile --only-binary :all: \
      --disable-pip-version-check $offline --constraint requirements.lock --requirement serve-requirements.txt
COPY serving/__init__.py serving/errors.py serving/
COPY serving/images serving/images
COPY serving/model_folder serving/model_folder
COPY serving/predictors serving/predictors
COPY serving/server serving/server
COPY serving/vibration serving/vibration
# The files never change again, so the bytecode need not be compared with them when the server starts.
RUN packages=$(/opt/rarefault/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && mv serving "$packages" \
 && cd "$packages" \
 && rm -rf onnxruntime/transformers onnxruntime/quantization onnxruntime/tools numpy/f2py numpy/_core/include \
 && rm -f PIL/_avif* PIL/_webp* PIL/_imaging[cft]* \
 && (cd pillow.libs && rm -f libavif* libbrotli* libfreetype* libharfbuzz* liblcms2* libpng16* libsharpyuv* libwebp*) \
 && find . \( -name __pycache__ -o -name tests -o -name '*.pyi' -o -name '*.pyx' -o -name '*.a' \) -prune \
      -exec rm -rf {} + \
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
LABEL org.opencontainers.image.title="Rarefault model server" \
      org.opencontainers.image.description="Serves fault classifiers, inspectors and degradation models in KServe's V1 and V2 protocols" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
ENV PATH=/opt/rarefault/bin:/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 \
    PYTHONSAFEPATH=1 PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 OMP_NUM_THREADS=1
USER 1000:1000
WORKDIR /
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["python", "-c", "\
import http.client, os; \
server = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('RAREFAULT_HTTP_PORT', 8080)), timeout=3); \
server.request('GET', '/v2/health/ready'); \
raise SystemExit(server.getresponse().status != 200)"]
ENTRYPOINT ["python", "-m", "serving.server"]
