#!/bin/sh
# Make the golden data directory: initialise, load the seed, stop cleanly. Runs once, while the image is built.
# Usage: bake.sh DATADIR SEED_DIR ARCHIVE
set -eu
datadir=$1
seed=$2
archive=$3
socket=/run/mysqld/bake.sock

# The redo log has the size that it has in a lab (conf/common.cnf), or the first start would make it anew.
mysqld --no-defaults --user=mysql --initialize-insecure --datadir="$datadir" --innodb-redo-log-capacity=32M

# No binary log and no GTIDs: a lab's history begins at its own first write.
mysqld --no-defaults --user=mysql --datadir="$datadir" --socket="$socket" --pid-file=/run/mysqld/bake.pid \
    --secure-file-priv=NULL --skip-networking --mysqlx=OFF --performance-schema=OFF --plugin-load-add=auth_socket.so \
    --skip-log-bin --gtid-mode=OFF --enforce-gtid-consistency=OFF \
    --innodb-redo-log-capacity=32M --innodb-buffer-pool-size=256M --innodb-buffer-pool-dump-at-shutdown=OFF \
    --innodb-doublewrite=OFF --innodb-flush-log-at-trx-commit=0 --innodb-fast-shutdown=0 \
    --innodb-autoextend-increment=1 &
server=$!

sql() { mysql --no-defaults --socket="$socket" --user=root --default-character-set=utf8mb4 "$@"; }

tries=0
until sql --execute 'SELECT 1' >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
        echo 'bake: the server did not start' >&2
        exit 1
    fi
    sleep 0.1
done

# Debian's newest MySQL is what there is. Another series may well work (this script is a good test of it), but say so.
version=$(sql --skip-column-names --execute 'SELECT VERSION()')
case $version in
    9.7.*) ;;
    *) echo "lab-warning: this is MySQL $version; the series that the lab is tested with is 9.7" ;;
esac

sql --execute 'ALTER INSTANCE DISABLE INNODB REDO_LOG'
for file in "$seed"/[0-8]*.sql "$seed"/90-finish.sql; do
    echo "bake: ${file##*/}"
    sql --show-warnings < "$file"
done
sql --execute 'ALTER INSTANCE ENABLE INNODB REDO_LOG'
sql < "$seed/95-accounts.sql"
# The undo logs still hold the whole load; emptied, they are mostly zeros, which need not be unpacked at each start.
# Emptying takes three tablespaces: two always stay in use.
sql --execute "CREATE UNDO TABLESPACE lab_spare ADD DATAFILE 'spare.ibu'"
for space in innodb_undo_001 innodb_undo_002 lab_spare; do
    sql --execute "ALTER UNDO TABLESPACE $space SET INACTIVE"
    tries=0
    until [ "$(sql --skip-column-names --execute "SELECT state FROM information_schema.innodb_tablespaces WHERE name = '$space'")" = empty ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ]; then
            echo "bake: $space does not become empty" >&2
            exit 1
        fi
        sleep 0.1
    done
    [ "$space" = lab_spare ] || sql --execute "ALTER UNDO TABLESPACE $space SET ACTIVE"
done
sql --execute 'DROP UNDO TABLESPACE lab_spare'
kill "$server"
wait "$server"

# Each lab makes its own identity (auto.cnf) and its own keys and certificates (*.pem). After a clean stop the doublewrite
# files hold nothing: to make new ones takes less time than to read these.
rm -f "$datadir"/auto.cnf "$datadir"/*.pem "$datadir"/ib_buffer_pool "$datadir"/*.err "$datadir"/mysql_upgrade_history \
    "$datadir"/*.dblwr
# Copies of what mysql.ibd knows of performance_schema's tables, 116 files for each server of a lab to unpack. The server
# never reads them; one that makes those tables anew writes them again.
rm -f "$datadir"/performance_schema/*.sdi
rm -rf "$datadir"/binlog.* "$datadir/#innodb_temp"

# Half of the files is zeros: kept as holes, but only whole 64 KB of them, because writing many pieces takes longer than
# writing the zeros between them. ibdata1 gets its name last when this is unpacked, so that a volume which was being
# filled when its container was killed can be told from a complete one.
holed=$datadir-holed
mkdir "$holed"
(cd "$datadir" && find . -type d -exec mkdir -p "$holed/{}" \; &&
    find . -type f -exec dd if={} of="$holed/{}" bs=64K conv=sparse status=none \; &&
    find . -type f -exec truncate --reference={} "$holed/{}" \; &&
    find . -exec chmod --reference={} "$holed/{}" \; && find . -exec chown --reference={} "$holed/{}" \;)
tar --create --file="$archive" --directory="$holed" --sparse --hole-detection=seek \
    --transform='s,^\./ibdata1$,./ibdata1.new,' .
rm -rf "$holed"
