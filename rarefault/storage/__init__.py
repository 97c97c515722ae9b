"""Files and folders in an S3 object store: SeaweedFS, MinIO, Ceph, Amazon S3."""

from rarefault.storage.address import Address
from rarefault.storage.fetching import fetch
from rarefault.storage.server import Server, StorageError
from rarefault.storage.sums import SUMS, DamagedError
from rarefault.storage.uploading import Uploaded, upload_folder

__all__ = ["SUMS", "Address", "DamagedError", "Server", "StorageError", "Uploaded", "fetch", "upload_folder"]
