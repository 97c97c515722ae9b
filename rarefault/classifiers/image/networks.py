"""The networks that an inspector can be, by name."""

from typing import TYPE_CHECKING

from rarefault.registries import LazyRegistry

if TYPE_CHECKING:
    from rarefault.classifiers.image.network import Network

IMAGE_CLASSIFIERS: "LazyRegistry[Network]" = LazyRegistry(
    "inspector",
    {
        "table5-cnn": "rarefault.classifiers.image.table5:Table5CNN",
        "resnet18": "rarefault.classifiers.image.resnet:ResNet18",
        "mobilenet-v2": "rarefault.classifiers.image.mobilenet:MobileNetV2",
    },
)
