#!/usr/bin/env bash
# Build the images, name them by the git commit, and push them; docker/README.md has the variables.
# Prints the two variables with which pipelines are compiled for these images; all else goes to stderr.
set -euo pipefail
cd "$(dirname "$0")/.."

registry=${REGISTRY-localhost:32000}
read -ra options <<< "${DOCKER_BUILD_OPTIONS:-}"

fail() {
  echo "images: $1" >&2
  exit 2
}

case ${GPU:-0} in
  0 | 1) ;;
  *) fail "GPU is '$GPU'; accepted: 1 to build the training image for GPUs as well, or 0" ;;
esac
command -v docker > /dev/null || fail "docker is not installed"
if revision=$(git rev-parse HEAD 2> /dev/null); then
  changed=$(git status --porcelain -- docker rarefault components pipelines serving pyproject.toml requirements.lock)
  revision=$revision${changed:+-dirty}
  tag=${TAG:-${revision:0:12}${changed:+-dirty}}
else
  revision=unknown
  tag=${TAG:?"images: this is no git checkout; name the images' tag with TAG=..."}
fi
train=${registry:+$registry/}rarefault/train:$tag
serve=${registry:+$registry/}rarefault/serve:$tag

build() { # name, file, further options
  local name=$1 file=$2
  shift 2
  docker build --file "docker/$file.Dockerfile" --tag "$name" --build-arg "VERSION=$tag" \
    --build-arg "REVISION=$revision" ${BASE_IMAGE:+--build-arg "BASE_IMAGE=$BASE_IMAGE"} \
    ${PIP_INDEX_URL:+--build-arg "PIP_INDEX_URL=$PIP_INDEX_URL"} "$@" "${options[@]}" . >&2
}

build_train() { # name, accelerator
  build "$1" train --build-arg "ACCELERATOR=$2" --build-arg "SERVE_IMAGE=$serve" --build-arg "EXTRAS=${EXTRAS:-}" \
    ${TORCH_INDEX_URL:+--build-arg "TORCH_INDEX_URL=$TORCH_INDEX_URL"}
}

built=("$serve" "$train")
build "$serve" serve
build_train "$train" cpu
if [ "${GPU:-0}" = 1 ]; then
  build_train "$train-gpu" cuda
  built+=("$train-gpu")
fi
if [ -n "$registry" ]; then
  for name in "${built[@]}"; do
    docker push "$name" >&2 || fail "$name was built but not pushed: is a registry at $registry, and are you logged in?"
  done
fi
echo "export RAREFAULT_TRAIN_IMAGE=$train"
echo "export RAREFAULT_SERVE_IMAGE=$serve"
