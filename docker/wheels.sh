#!/usr/bin/env bash
# Fetch every wheel that the images need into a folder, for a build that has no network: docker/wheels.sh [FOLDER]
# GPU=1 adds the CUDA build of torch; PYTHON names the Python that has pip; EXTRAS the library's extras.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-docker/wheelhouse}
python=${PYTHON:-python3}
of_the_image=(--python-version 3.11 --only-binary :all:)
pip=("$python" -m pip --disable-pip-version-check)
fetch=("${pip[@]}" download --quiet --dest "$folder" --find-links "$folder" --constraint requirements.lock)

mkdir -p "$folder"
torch=$(grep '^torch==' requirements.lock)
cpu_only=(${TORCH_INDEX_URL:+--extra-index-url "$TORCH_INDEX_URL"})
"${fetch[@]}" "${of_the_image[@]}" "${cpu_only[@]}" --no-deps "$torch"
if [ "${GPU:-0}" = 1 ]; then
  "${fetch[@]}" "${of_the_image[@]}" "${torch/==/===}" # without the +cpu
fi

# Published as source alone; pure Python, so any Python can make the wheel.
for name in kfp-server-api; do
  "${pip[@]}" wheel --quiet --no-deps --wheel-dir "$folder" "$(grep "^$name==" requirements.lock)"
done
library=$("$python" docker/list_requirements.py pyproject.toml ${EXTRAS:-})
builder=$("$python" -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"])')
printf '%s\n' "$library" "$builder" | "${fetch[@]}" "${of_the_image[@]}" --requirement /dev/stdin \
  --requirement docker/train-requirements.txt --requirement docker/serve-requirements.txt
