# Read by nginx's auto/make: has CMake look at each `make` whether the archive is up to date.

cat << END                                                    >> $NGX_MAKEFILE

$NGX_OBJS/ciam/libciam_module.a:	ciam_archive
	@\$(MAKE) --no-print-directory -s -C $NGX_OBJS/ciam ciam_module

ciam_archive:
.PHONY:	ciam_archive

END
