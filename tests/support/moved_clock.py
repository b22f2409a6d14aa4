"""A machine whose clock is wrong: programs that run with :func:`environment` see the time that a file says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

COMPILER = shutil.which("cc")
"""Builds the library. libfaketime moves clocks too, but Python's ``time.sleep`` fails under it (measured on 3.11)."""
_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long ahead(void) {
    long seconds = 0;
    FILE *file = fopen(getenv("CLOCK_AHEAD_FILE"), "r");
    if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *)) dlsym(RTLD_NEXT, "clock_gettime");
    int failed = real(clock, at);
    if (!failed && clock == CLOCK_REALTIME) at->tv_sec += ahead();
    return failed;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    (void) zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def environment(folder: Path, ahead_s: int) -> dict[str, str]:
    """Variables under which a program's clock is ahead; :func:`move` changes it while the program runs."""
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE)
    assert COMPILER
    subprocess.run([COMPILER, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    move(folder, ahead_s)
    return {"LD_PRELOAD": str(library), "CLOCK_AHEAD_FILE": str(folder / "ahead")}


def move(folder: Path, ahead_s: int) -> None:
    """Set the clock of the programs of a folder."""
    draft = folder / "ahead.new"
    draft.write_text(str(ahead_s))
    draft.replace(folder / "ahead")
