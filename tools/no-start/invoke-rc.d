#!/bin/sh
# Stands before Debian's invoke-rc.d and deb-systemd-invoke while install-packages installs, so that
# the new nginx is not started, nor the Redis of the tests.
case " $* " in
    *" nginx start "*|*" start nginx.service "*) exit 0 ;;
    *" redis-server start "*|*" start redis-server.service "*) exit 0 ;;
    *" redis-sentinel start "*|*" start redis-sentinel.service "*) exit 0 ;;
esac
PATH=/usr/sbin:/usr/bin:/sbin:/bin
exec "$(basename "$0")" "$@"
