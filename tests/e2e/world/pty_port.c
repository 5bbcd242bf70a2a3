/* Makes a pseudo-terminal in a umockdev test bed pass as a serial port. Preloaded into a browser, before umockdev's library.
 *
 * umockdev answers the ioctls of devices in its test bed and knows none of a terminal's; the kernel answers those of a
 * pseudo-terminal, but it has no modem lines. So requests on a terminal go to the kernel, and those for modem lines
 * to the simulated chip, by the datagram socket that MODEM_LINES names: `lines` asks for them, `lines dtr=0 rts=1` sets
 * them, and both are answered `dtr=0 rts=1`. The chip alone knows how they are, for a browser has several processes. A
 * request only returns with the answer: what the browser writes after it reaches the chip after it.
 *
 * What another program has open for itself the kernel does not let others open, but for root, whom a test may run as.
 *
 * umockdev also guards every opening of a file with a lock. A browser forks while its other threads open files, and its
 * child opens /proc/self/fd and /dev/null before it becomes another program: it would wait for ever for a lock whose
 * holder was not forked. So only openings of what a test bed can hold are left to umockdev. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* A chip that takes longer to answer, in ms, is gone. */
#define PATIENCE 5000

/* Asks the chip, and gives back how the lines are; none asserted where there is no chip. */
static int ask(const char *request) {
    const char *path = getenv("MODEM_LINES");
    struct sockaddr_un chip = {.sun_family = AF_UNIX};
    if (!path || strlen(path) >= sizeof chip.sun_path) return 0;
    strcpy(chip.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return 0;
    /* An address of only its family makes the kernel choose a free name, which the answer comes back to. */
    struct sockaddr_un own = {.sun_family = AF_UNIX};
    struct pollfd answered = {.fd = fd, .events = POLLIN};
    char answer[64] = "";
    int dtr = 0, rts = 0;
    if (!bind(fd, (struct sockaddr *)&own, sizeof own.sun_family) &&
        sendto(fd, request, strlen(request), 0, (struct sockaddr *)&chip, sizeof chip) >= 0 &&
        poll(&answered, 1, PATIENCE) > 0 && recv(fd, answer, sizeof answer - 1, 0) > 0)
        sscanf(answer, "dtr=%d rts=%d", &dtr, &rts);
    close(fd);
    return (dtr ? TIOCM_DTR : 0) | (rts ? TIOCM_RTS : 0);
}

static void set_lines(int wanted) {
    char request[64];
    snprintf(request, sizeof request, "lines dtr=%d rts=%d", !!(wanted & TIOCM_DTR), !!(wanted & TIOCM_RTS));
    ask(request);
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);

    char terminal[256];
    if (!syscall(SYS_ioctl, fd, TCGETS, terminal)) {
        int *bits = argument;
        switch (request) {
        case TIOCMGET: *bits = ask("lines") | TIOCM_CTS | TIOCM_DSR | TIOCM_CAR; return 0;
        case TIOCMSET: set_lines(*bits); return 0;
        case TIOCMBIS: set_lines(ask("lines") | *bits); return 0;
        case TIOCMBIC: set_lines(ask("lines") & ~*bits); return 0;
        /* The other end keeps the pseudo-terminal open, so the mark would outlive the browser's use of it. */
        case TIOCEXCL: return 0;
        default: return syscall(SYS_ioctl, fd, request, argument);
        }
    }
    int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}

static int may_be_in_test_bed(const char *path) {
    static const char *const places[] = {"/sys/", "/dev/tty", "/run/udev/"};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        if (!strncmp(path, places[i], strlen(places[i]))) return 1;
    return 0;
}

static int open_where_it_is(const char *name, const char *path, int flags, mode_t mode) {
    if (!may_be_in_test_bed(path)) return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, name);
    int fd = next(path, flags, mode);
    int exclusive = 0;
    if (fd >= 0 && !syscall(SYS_ioctl, fd, TIOCGEXCL, &exclusive) && exclusive) {
        close(fd);
        errno = EBUSY;
        return -1;
    }
    return fd;
}

/* The mode is only there when a file may be made; whatever is in its place otherwise is not used. */
#define MODE(mode, flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) {
    MODE(mode, flags)
    return open_where_it_is("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(mode, flags)
    return open_where_it_is("open64", path, flags, mode);
}
