#!/usr/bin/env bash
# Makes a virtual environment with the readers that our exports are checked against: harbor, verifiers, inspect-ai.
# Their requirements contradict each other and weigh a gigabyte, so each is installed without them, and beside them only
# what reading a log imports. Usage: install-readers.sh FOLDER, then KINO_READERS=FOLDER npm test -- src/eval/export
set -euo pipefail
folder=${1:?"Usage: $0 FOLDER"}

# harbor needs Python 3.12; what `python3` means may be older.
new_enough() { "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }
python=
for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.14 \
  "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[234].*/bin/python; do
  if new_enough "$candidate"; then python=$candidate && break; fi
done
if [ -z "$python" ]; then
  echo "install-readers.sh needs Python 3.12, 3.13 or 3.14; say which with PYTHON." >&2
  exit 2
fi

"$python" -m venv "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
  --only-binary :all: --requirement /dev/stdin <<'PACKAGES'
harbor==0.26.0
inspect-ai==0.3.285
verifiers==0.4.0
aiofiles==25.1.0
aiohappyeyeballs==2.7.1
aiohttp==3.14.5
aiosignal==1.4.0
annotated-types==0.8.0
anthropic==2.14.0
anyio==4.16.0
attrs==26.1.0
botocore==1.44.8
certifi==2026.10.19.post1
click==8.5.1
connectrpc==0.11.1
distro==1.9.0
docstring-parser==0.18.0
frozenlist==1.8.0
fsspec==2026.6.0
h11==0.16.0
httpcore==1.0.9
httpx==0.28.1
httpx2==2.16.2
idna==3.20
ijson==3.6.0
jiter==0.19.0
jsonlines==4.0.0
jsonpatch==1.48
jsonpointer==3.12
mmh3==5.3.1
multidict==7.2.1
nest-asyncio2==1.7.4
numpy==2.5.5
openai==2.54.0
opentelemetry-api==1.45.2
packaging==26.4
pathspec==1.1.1
platformdirs==4.14.8
prime-pydantic-config==0.4.3
prime-sandboxes==0.5.1
propcache==0.5.4
protobuf==7.36.2
protobuf-py==0.1.1
protobuf-py-ext==0.1.1
psutil==7.2.2
pydantic==2.14.4
pydantic-core==2.50.5
pygments==2.21.0
pyqwest==0.12.0
python-dateutil==4.0.0
python-dotenv==1.2.4
pyyaml==6.0.4
renderers==0.1.12
rich==15.0.0
semver==3.1.2
shortuuid==1.0.13
sniffio==1.3.1
starlette==1.10.0
tenacity==9.2.1
textual==8.2.8
toml==0.10.2
typing-extensions==4.16.0
typing-inspection==0.4.5
yarl==1.25.1
zipfile-zstd==0.0.4
zstandard==0.25.0
PACKAGES
