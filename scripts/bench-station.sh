# How much a station serves, beside nginx serving the same file on the same machine in the same run.

# Clients at a time, and what there is of everything.
BENCH_CLIENTS=64
BENCH_DEVICES=100000
BENCH_RELEASES=200
BENCH_SIZE=$((1 << 20))
# Bytes of the ranges that are downloaded; the last is the whole file.
BENCH_RANGES=(4096 65536 $BENCH_SIZE)

BENCH_STATION_USAGE="\
How many questions of devices a station answers in a second, and how many ranges of a payload it serves beside nginx.

Usage: ./dev bench station [SECONDS [ROUNDS]]

Each is measured for SECONDS (5) in each of ROUNDS (3), in turn; the best of each counts."

# bench_station [SECONDS [ROUNDS]]
bench_station() {
    [[ ${1:-5} =~ ^[0-9]+$ && ${2:-3} =~ ^[0-9]+$ ]] || fail "$BENCH_STATION_USAGE"
    local seconds=${1:-5} rounds=${2:-3} folder round length
    need_rust
    need_commands wrk=wrk nginx=nginx-light python3=python3
    build_native --release --package station
    folder=$(mktemp -d)
    BENCH_PROCESSES=()
    trap 'kill "${BENCH_PROCESSES[@]}" 2>/dev/null; rm -rf "'"$folder"'"' EXIT
    fill_station "$folder"
    serve_station "$folder"
    serve_nginx "$folder"
    note_memory "$folder"
    for ((round = 1; round <= rounds; round++)); do
        say "Round $round of ${rounds}…"
        measure "$folder" "$seconds" station "$STATION_ADDRESS" latest "$STATION_KEY" $BENCH_DEVICES $BENCH_RELEASES
        for length in "${BENCH_RANGES[@]}"; do
            measure "$folder" "$seconds" nginx "$NGINX_ADDRESS" range /payload $BENCH_SIZE "$length"
            measure "$folder" "$seconds" station "$STATION_ADDRESS" range "$STATION_PAYLOAD" $BENCH_SIZE "$length"
        done
        note_memory "$folder"
    done
    print_measured "$folder"
}

# A data folder with all releases and devices: fill_station FOLDER
fill_station() {
    local folder=$1 version station=(target/release/station --data "$1/data")
    say "Making $BENCH_RELEASES releases and $BENCH_DEVICES devices…"
    head -c $BENCH_SIZE /dev/urandom >"$folder/payload"
    for ((version = 0; version < BENCH_RELEASES; version++)); do
        "${station[@]}" release add "$folder/payload" --software-type stm32-fw --hardware-version mp \
            --software-version "1.$version.0" --notes "What is new in 1.$version.0." >/dev/null
    done
    # As they are once each has asked.
    python3 - "$folder/data/station.sqlite" $BENCH_DEVICES $BENCH_RELEASES <<'END'
import datetime, sqlite3, sys

path, devices, releases = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="microseconds")
with sqlite3.connect(path) as database:
    (cohort,) = database.execute("SELECT id FROM cohort WHERE name = 'default'").fetchone()
    row = lambda n: (f"D{n:06}", cohort, now, "mp", "stm32-fw", f"1.{n % releases}.0", now)
    database.executemany(
        "INSERT INTO device (serial, cohort_id, created_date, hardware_version, software_type, current_version, last_seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)", map(row, range(devices)))
END
    STATION_KEY=$("${station[@]}" key)
}

# serve_station FOLDER
serve_station() {
    local line
    target/release/station serve --data "$1/data" --listen 127.0.0.1:0 >"$1/station" &
    BENCH_PROCESSES+=($!)
    STATION_PROCESS=$!
    until [[ -s $1/station ]]; do sleep 0.05; done
    line=$(<"$1/station")
    line=${line##* }
    STATION_ADDRESS=${line/localhost/127.0.0.1}
    line=$(python3 - "$STATION_ADDRESS" "$STATION_KEY" <<'END'
import sys, urllib.request

address, key = sys.argv[1:]
query = "device_serial=D000000&hardware_version=mp&software_type=stm32-fw&current_version=1.0.0"
request = urllib.request.Request(f"{address}/api/v0/releases/latest/url?{query}", headers={"Memfault-Project-Key": key})
print(urllib.request.urlopen(request).read().decode())
END
    )
    STATION_PAYLOAD=${line#"$STATION_ADDRESS"}
}

# nginx as Debian sets it up, without a log: serve_nginx FOLDER
serve_nginx() {
    local folder=$1 port user=''
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    # Others could not read the folder.
    may_be_root && [[ $(id -u) == 0 ]] && user='user root;'
    mkdir "$folder/www"
    ln "$folder/payload" "$folder/www/payload"
    cat >"$folder/nginx.conf" <<END
$user
worker_processes auto;
daemon off;
pid $folder/nginx.pid;
error_log stderr;
events { worker_connections 768; }
http {
    sendfile on;
    access_log off;
    client_body_temp_path $folder/body;
    proxy_temp_path $folder/proxy;
    fastcgi_temp_path $folder/fastcgi;
    uwsgi_temp_path $folder/uwsgi;
    scgi_temp_path $folder/scgi;
    server {
        listen 127.0.0.1:$port;
        root $folder/www;
    }
}
END
    nginx -p "$folder" -c "$folder/nginx.conf" -e stderr &
    BENCH_PROCESSES+=($!)
    NGINX_PROCESS=$!
    NGINX_ADDRESS=http://127.0.0.1:$port
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
}

# measure FOLDER SECONDS WHO ADDRESS ARGUMENT…: adds what was measured to the file of what was asked and of who answered.
measure() {
    local folder=$1 seconds=$2 who=$3 address=$4 line before
    shift 4
    before=$(worked "$who")
    line=$(wrk --threads 2 --connections $BENCH_CLIENTS --duration "${seconds}s" --timeout 10s \
        --script scripts/bench-station.lua "$address" -- "$@" | tail -n 1)
    [[ $line == *' 0' ]] || fail "$who gave wrong answers to $*: $line"
    # The kind, and the length of ranges.
    echo "$line $(($(worked "$who") - before))" >>"$folder/measured-$1-$([[ $1 == range ]] && echo "$4-")$who"
}

# The time that processors have worked for the station or nginx, in ticks of 10 ms: worked WHO
worked() {
    local process=$STATION_PROCESS
    [[ $1 == station ]] || process=$(pgrep --parent "$NGINX_PROCESS" --delimiter ' ')
    # shellcheck disable=SC2086
    (cd /proc && for one in $process; do cat "$one/stat"; done) | awk '{ sum += $14 + $15 } END { print sum }'
}

# Adds how much memory the station holds, in KiB: note_memory FOLDER
note_memory() {
    awk '/^VmRSS:/ { print $2 }' "/proc/$STATION_PROCESS/status" >>"$1/memory"
}

# print_measured FOLDER
print_measured() {
    local length
    printf '\n| at %s connections | station | nginx | ÷ nginx | target | p99 station | p99 nginx | processor a request | of nginx |\n' $BENCH_CLIENTS
    printf '|---|---:|---:|---:|---|---:|---:|---:|---:|\n'
    best "$1/measured-latest-station" | awk '
        function met(is) { return is ? "met" : "**missed**" }
        { printf("| questions | %.0f/s | | | %s 5000/s, %s 30 ms | %.1f ms | | %.0f µs | |\n",
            $1, met($1 >= 5000), met($2 <= 30), $2, $4) }'
    for length in "${BENCH_RANGES[@]}"; do
        echo "$(best "$1/measured-range-$length-station")" "$(best "$1/measured-range-$length-nginx")" |
            awk -v kib=$((length / 1024)) '{
                printf("| ranges of %d KiB | %.0f/s, %.0f MB/s | %.0f/s, %.0f MB/s | %.2f | %s 0.70 | %.1f ms | %.1f ms |",
                    kib, $1, $3, $5, $7, $1 / $5, $1 >= 0.7 * $5 ? "met" : "**missed**", $2, $6)
                printf(" %.0f µs | %.0f µs |\n", $4, $8) }'
    done
    awk '{ printf "%s%.1f MiB", NR == 1 ? "\nThe station held at the start, and after each round: " : ", ", $1 / 1024 } END { print "." }' "$1/memory"
}

# The best of several: requests a second, their 99th percentile in milliseconds, megabytes a second, and what processors
# worked for one of them, in microseconds: best FILE
best() {
    awk '{ rate = $1 / $3; if (rate > most) { most = rate; slow = $4; bytes = $2 / $3 / 1e6; work = $6 * 1e4 / $1 } }
        END { print most, slow, bytes, work }' "$1"
}
