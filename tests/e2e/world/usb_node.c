/* Makes a simulated USB device pass as a node of the kernel's usbfs. Preloaded into a browser, or dfu-util, before
 * pty_port.c's library and umockdev's.
 *
 * Opening anything in /dev/bus/usb connects to the socket that USB_DEVICE names. The device at its other end gets the
 * control transfers in the messages of USB/IP (the kernel's Documentation/usb/usbip_protocol.rst); what usbfs does by
 * itself is done here. The node is refused unless others may write to the socket, as the kernel refuses a user without a
 * udev rule: here the tests may be root, whom it refuses nothing.
 *
 * A node of usbfs can be polled for being writable, which it is while a transfer waits to be reaped. So what a program
 * gets for a node is the end of a pipe that holds one page, and is full while there is nothing to reap. */

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NODES "/dev/bus/usb/"
#define PAGE 4096

/* The messages of USB/IP are twelve words, of which these are used; setup packets lie at SETUP. */
enum { COMMAND, SEQUENCE, DEVICE, DIRECTION, ENDPOINT, STATUS, LENGTH, PACKETS = 8, SETUP = 10, WORDS = 12 };
enum { SUBMIT = 1, UNLINK = 2, SUBMITTED = 3 };
#define UNLINKED STATUS
/* A setup packet. */
enum { SETUP_BYTES = 8, IN = 0x80 };

/* A transfer that was submitted and not reaped. */
struct transfer {
    struct transfer *next;
    /* Its lowest bit is the direction: what an answer brings is known even when nobody waits for it any more. */
    uint32_t sequence;
    struct usbdevfs_urb *urb;
    /* Whether an ioctl waits for it, so that it is not for reaping. */
    int waited_for, done;
};

/* A node that is open. */
struct node {
    struct node *next;
    /* The inode of the pipe: a number of a file that was closed may be that of another one. */
    ino_t inode;
    int pipe[2], device, is_full, gone;
    uint32_t count;
    struct transfer *transfers;
    pthread_cond_t answered;
};

static struct node *nodes;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Makes the node writable exactly while there is something to reap; one whose device is gone stays so. */
static void show(struct node *node) {
    static char page[PAGE];
    int full = !node->gone;
    for (struct transfer *it = node->transfers; it; it = it->next)
        if (it->done && !it->waited_for) full = 0;
    if (full == node->is_full) return;
    node->is_full = full;
    if ((full ? write(node->pipe[1], page, PAGE) : read(node->pipe[0], page, PAGE)) != PAGE) abort();
}

static void complete(struct node *node, struct transfer *transfer, int status, int length) {
    transfer->urb->status = status;
    transfer->urb->actual_length = length;
    transfer->done = 1;
    pthread_cond_broadcast(&node->answered);
}

static int read_all(int fd, void *bytes, size_t length) {
    for (char *at = bytes; length;) {
        ssize_t count = read(fd, at, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        at += count, length -= count;
    }
    return 1;
}

/* Takes in what the device says. Not to be understood counts as gone. */
static int hear(struct node *node) {
    uint32_t words[WORDS];
    unsigned char data[UINT16_MAX];
    if (!read_all(node->device, words, sizeof words)) return 0;
    int status = ntohl(words[STATUS]);
    uint32_t length = ntohl(words[LENGTH]), sequence = ntohl(words[SEQUENCE]);
    if (ntohl(words[COMMAND]) != SUBMITTED) return 1;
    if (length > sizeof data) return 0;
    int is_in = sequence & 1;
    if (is_in && !read_all(node->device, data, length)) return 0;
    pthread_mutex_lock(&lock);
    struct transfer *it = node->transfers;
    while (it && (it->sequence != sequence || it->done)) it = it->next;
    if (it) {
        uint32_t room = it->urb->buffer_length - SETUP_BYTES;
        if (is_in) memcpy((unsigned char *)it->urb->buffer + SETUP_BYTES, data, length < room ? length : room);
        complete(node, it, status, length < room ? length : room);
    }
    show(node);
    pthread_mutex_unlock(&lock);
    return 1;
}

/* Listens to the device until it is gone and the node closed. */
static void *listen_to(void *argument) {
    struct node *node = argument;
    for (;;) {
        struct pollfd fds[] = {{.fd = node->pipe[0]}, {.fd = node->gone ? -1 : node->device, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0) continue;
        if (fds[0].revents & POLLHUP) break;
        if (!fds[1].revents || hear(node)) continue;
        pthread_mutex_lock(&lock);
        node->gone = 1;
        for (struct transfer *it = node->transfers; it; it = it->next)
            if (!it->done) complete(node, it, -ENODEV, 0);
        show(node);
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    struct node **place = &nodes;
    while (*place != node) place = &(*place)->next;
    *place = node->next;
    pthread_mutex_unlock(&lock);
    close(node->pipe[0]);
    close(node->device);
    for (struct transfer *it = node->transfers, *next; it; it = next) next = it->next, free(it);
    free(node);
    return NULL;
}

static int open_node(void) {
    const char *path = getenv("USB_DEVICE");
    struct sockaddr_un device = {.sun_family = AF_UNIX};
    struct stat about;
    if (!path || strlen(path) >= sizeof device.sun_path || stat(path, &about)) return errno = ENODEV, -1;
    if (!(about.st_mode & S_IWOTH)) return errno = EACCES, -1;
    strcpy(device.sun_path, path);
    struct node *node = calloc(1, sizeof *node);
    node->device = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pthread_cond_init(&node->answered, NULL);
    pthread_t thread;
    if (connect(node->device, (struct sockaddr *)&device, sizeof device)) {
        close(node->device);
        free(node);
        return errno = ENODEV, -1;
    }
    if (pipe2(node->pipe, O_CLOEXEC | O_NONBLOCK) || fcntl(node->pipe[1], F_SETPIPE_SZ, PAGE) != PAGE ||
        fstat(node->pipe[1], &about))
        abort();
    node->inode = about.st_ino;
    pthread_mutex_lock(&lock);
    node->next = nodes;
    nodes = node;
    show(node);
    pthread_mutex_unlock(&lock);
    if (pthread_create(&thread, NULL, listen_to, node)) abort();
    pthread_detach(thread);
    return node->pipe[1];
}

/* Hands a transfer to the device; with its errno where that cannot be. */
static int submit(struct node *node, struct usbdevfs_urb *urb, int waited_for, struct transfer **submitted) {
    unsigned char *setup = urb->buffer;
    if (node->gone) return ENODEV;
    if (urb->type != USBDEVFS_URB_TYPE_CONTROL || urb->buffer_length < SETUP_BYTES) return EINVAL;
    uint32_t length = setup[6] | setup[7] << 8;
    if (length > (uint32_t)urb->buffer_length - SETUP_BYTES) return EINVAL;
    struct transfer *transfer = calloc(1, sizeof *transfer);
    int is_in = !!(setup[0] & IN);
    *transfer = (struct transfer){node->transfers, ++node->count << 1 | is_in, urb, waited_for, 0};
    node->transfers = transfer;
    if (submitted) *submitted = transfer;
    uint32_t words[WORDS] = {[COMMAND] = htonl(SUBMIT), [SEQUENCE] = htonl(transfer->sequence), [LENGTH] = htonl(length),
                             [DIRECTION] = htonl(is_in), [PACKETS] = UINT32_MAX};
    memcpy(words + SETUP, setup, SETUP_BYTES);
    /* That the device is gone shows where it is listened to. */
    send(node->device, words, sizeof words, MSG_NOSIGNAL);
    if (!is_in) send(node->device, setup + SETUP_BYTES, length, MSG_NOSIGNAL);
    return 0;
}

/* A request without data that the kernel makes by itself, and waits for. */
static int control(struct node *node, unsigned char type, unsigned char request, uint16_t value, uint16_t index) {
    unsigned char setup[SETUP_BYTES] = {type, request, value, value >> 8, index, index >> 8};
    struct usbdevfs_urb urb = {.type = USBDEVFS_URB_TYPE_CONTROL, .buffer = setup, .buffer_length = sizeof setup};
    struct transfer *transfer;
    int problem = submit(node, &urb, 1, &transfer);
    if (problem) return problem;
    while (!transfer->done) pthread_cond_wait(&node->answered, &lock);
    struct transfer **place = &node->transfers;
    while (*place != transfer) place = &(*place)->next;
    *place = transfer->next;
    free(transfer);
    return -urb.status;
}

/* The oldest of the transfers that are done, out of the list. */
static int reap(struct node *node, struct usbdevfs_urb **urb) {
    struct transfer **oldest = NULL;
    for (struct transfer **it = &node->transfers; *it; it = &(*it)->next)
        if ((*it)->done && !(*it)->waited_for) oldest = it;
    if (!oldest) return node->gone ? ENODEV : EAGAIN;
    struct transfer *transfer = *oldest;
    *urb = transfer->urb;
    *oldest = transfer->next;
    free(transfer);
    show(node);
    return 0;
}

/* Ends a transfer as the kernel does, and tells the device so. */
static int discard(struct node *node, struct usbdevfs_urb *urb) {
    struct transfer *it = node->transfers;
    while (it && (it->urb != urb || it->done)) it = it->next;
    if (!it) return EINVAL;
    uint32_t words[WORDS] = {[COMMAND] = htonl(UNLINK), [SEQUENCE] = htonl(++node->count << 1), [UNLINKED] = htonl(it->sequence)};
    send(node->device, words, sizeof words, MSG_NOSIGNAL);
    complete(node, it, -ENOENT, 0);
    show(node);
    return 0;
}

static int do_request(struct node *node, unsigned long request, void *argument) {
    struct usbdevfs_setinterface *setting = argument;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES: *(uint32_t *)argument = USBDEVFS_CAP_REAP_AFTER_DISCONNECT; return 0;
    case USBDEVFS_CLAIMINTERFACE:
    case USBDEVFS_RELEASEINTERFACE: return node->gone ? ENODEV : 0;
    /* No driver of the kernel's has the device. */
    case USBDEVFS_GETDRIVER: return ENODATA;
    case USBDEVFS_SETCONFIGURATION: return control(node, 0x00, 9, *(unsigned *)argument, 0);
    case USBDEVFS_SETINTERFACE: return control(node, 0x01, 11, setting->altsetting, setting->interface);
    /* What USB/IP has for a reset: the hub's request for its port. */
    case USBDEVFS_RESET: return control(node, 0x23, 3, 4, 1);
    case USBDEVFS_SUBMITURB: return submit(node, argument, 0, NULL);
    case USBDEVFS_REAPURBNDELAY: return reap(node, argument);
    case USBDEVFS_DISCARDURB: return discard(node, argument);
    default: return ENOTTY;
    }
}

/* The node with this file number, or none. */
static struct node *node_of(int fd) {
    struct stat about;
    if (!nodes || fstat(fd, &about) || !S_ISFIFO(about.st_mode)) return NULL;
    struct node *it = nodes;
    while (it && it->inode != about.st_ino) it = it->next;
    return it;
}

int ioctl(int fd, unsigned long request, ...) {
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);

    pthread_mutex_lock(&lock);
    struct node *node = node_of(fd);
    int problem = node ? do_request(node, request, argument) : 0;
    pthread_mutex_unlock(&lock);
    if (node) return problem ? (errno = problem, -1) : 0;
    int (*next)(int, unsigned long, void *) = dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        if (!strncmp(path, NODES, strlen(NODES))) return open_node(); \
        int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
        return next(path, flags, mode); \
    }

OPEN(open)
OPEN(open64)

/* What programs that were built with checks call in place of open. */
int __open_2(const char *path, int flags) { return open(path, flags); }
