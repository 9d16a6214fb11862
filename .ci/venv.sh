#!/bin/sh
# Make or refresh the Python environment. Usage: venv.sh FOLDER
# Does nothing when the environment works and pyproject.toml is the one that it was made from.
set -eu
venv=$1
stamp=$venv/pyproject.installed

if cmp -s pyproject.toml "$stamp" && "$venv/bin/lab" --version >/dev/null 2>&1; then
    exit 0
fi

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
can_make_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

python=
for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
    if is_new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo 'error: Python 3.11 or newer is needed (python3 --version says what is here).' >&2
    echo 'hint:  Debian 12, Ubuntu 24.04: apt-get install python3 python3-venv; macOS: brew install python' >&2
    exit 3
fi
if ! can_make_venv "$python"; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo 'installing python3-venv (Debian keeps it in a package of its own)'
        apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv
    else
        echo "error: $python cannot make virtual environments." >&2
        echo 'hint:  as root: apt-get install python3-venv' >&2
        exit 3
    fi
fi

echo "Python environment in $venv (about 40 s)"
if ! "$venv/bin/python" -c '' >/dev/null 2>&1; then
    "$python" -m venv --clear "$venv"
fi
if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[dev]'; then
    echo 'error: pip could not install the dependencies; its message is above.' >&2
    echo 'hint:  no network? behind a proxy set https_proxy, and PIP_CERT to the file with its certificate authority' >&2
    exit 3
fi
cp pyproject.toml "$stamp"
