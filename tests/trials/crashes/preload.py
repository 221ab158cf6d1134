"""What the server that providers are forked off has done beforehand, so that each of them need not do it again.

For nothing but that server's `set_forkserver_preload`: it knows no other way than an import, so this one has effects.
"""

from __future__ import annotations

import functools
import gc

import boto3
from botocore.loaders import JSONFileLoader, Loader

import components.auth_token.live
import components.auth_token.resource  # noqa: F401 - imported for what it loads

# Each session of botocore reads and parses the models of its services anew: a third of the time of an `up`.
_files = JSONFileLoader()
_files.load_file = functools.cache(_files.load_file)  # type: ignore[method-assign]  # the same, kept
Loader.FILE_LOADER_CLASS = staticmethod(lambda: _files)  # type: ignore[assignment]  # one for all sessions
for _service in ("elasticache", "secretsmanager", "sts"):
    boto3.Session(aws_access_key_id="none", aws_secret_access_key="none").client(_service, "eu-central-1")
gc.freeze()  # or the first collection in each fork would copy all of it
