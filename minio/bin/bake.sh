#!/bin/sh
# Make the golden data directory: a bucket that holds the seed pictures. Runs once, while the image is built.
# Usage: bake.sh DATADIR BUCKET PICTURES ARCHIVE SUMS
set -eu
datadir=$1
bucket=$2
pictures=$3
archive=$4
sums=$5
endpoint=http://127.0.0.1:9000

random() { tr -dc A-Za-z0-9 < /dev/urandom | head -c "$1"; }
MINIO_ROOT_USER=$(random 20)
MINIO_ROOT_PASSWORD=$(random 40)
MINIO_BROWSER=off
MINIO_UPDATE=off
export MINIO_ROOT_USER MINIO_ROOT_PASSWORD MINIO_BROWSER MINIO_UPDATE

# Clear text S3 requests signed by curl; the credentials come from its standard input, not from argv.
s3() {
    printf 'user = "%s:%s"\n' "$MINIO_ROOT_USER" "$MINIO_ROOT_PASSWORD" |
        curl --config - --silent --show-error --fail --noproxy '*' --aws-sigv4 'aws:amz:us-east-1:s3' \
            --header 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@"
}

minio server --quiet --address 127.0.0.1:9000 "$datadir" &
server=$!
tries=0
until curl --silent --fail --noproxy '*' --output /dev/null "$endpoint/minio/health/cluster"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        echo 'bake: the server did not start' >&2
        exit 1
    fi
    sleep 0.1
done

s3 --request PUT "$endpoint/$bucket"
cd "$pictures"
count=0
for folder in *; do
    files=$(printf '%s,' "$folder"/*.jpg)
    s3 --header 'Content-Type: image/jpeg' --upload-file "{${files%,}}" "$endpoint/$bucket/$folder/"
    count=$((count + $(find "$folder" -name '*.jpg' | wc -l)))
done
md5sum -- */*.jpg > "$sums"
echo "bake: $count pictures in bucket $bucket"
kill "$server"
wait "$server" || true

# Whatever is bound to this moment's administrator or is a cache of it: each lab makes its own at its first start.
rm -rf "$datadir/.minio.sys/config" "$datadir/.minio.sys/tmp" "$datadir/.minio.sys/multipart"
find "$datadir/.minio.sys" -name '.usage*' -prune -exec rm -rf {} +

# The drive's own description gets its name last when this is unpacked: without it the volume is not complete.
tar --create --file="$archive" --directory="$datadir" \
    --transform='s,^\./\.minio\.sys/format\.json$,./.minio.sys/format.json.new,' .
