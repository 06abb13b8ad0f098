#include "csystem_epoll.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { most_events = 256 };

int csystem_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int add(int epoll, int descriptor, uint64_t token, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

int csystem_epoll_add_edge(int epoll, int descriptor, uint64_t token) {
    return add(epoll, descriptor, token, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

int csystem_epoll_add_level(int epoll, int descriptor, uint64_t token) {
    return add(epoll, descriptor, token, EPOLLIN);
}

int csystem_epoll_watch(int epoll, int descriptor, int reading, int writing, uint64_t token) {
    struct epoll_event event = {.events = (reading ? EPOLLIN : 0) | (writing ? EPOLLOUT : 0), .data.u64 = token};
    int result = epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event);
    // Also for a number that was closed and opened again: the kernel has dropped the old one by itself.
    if (result < 0 && errno == ENOENT) result = epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
    return result;
}

void csystem_epoll_forget(int epoll, int descriptor) {
    struct epoll_event unused = {0};
    (void)epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &unused);
}

int csystem_epoll_wait(int epoll, csystem_ready *ready, int capacity, int timeout_milliseconds) {
    struct epoll_event events[most_events];
    if (capacity > most_events) capacity = most_events;
    int count = epoll_wait(epoll, events, capacity, timeout_milliseconds);
    for (int index = 0; index < count; index++) {
        uint32_t flags = events[index].events;
        uint32_t ended = flags & (EPOLLERR | EPOLLHUP);
        ready[index].token = events[index].data.u64;
        ready[index].readable = (flags & (EPOLLIN | EPOLLRDHUP)) != 0 || ended != 0;
        ready[index].writable = (flags & EPOLLOUT) != 0 || ended != 0;
        ready[index].half_closed = (flags & EPOLLRDHUP) != 0 || ended != 0;
    }
    return count;
}

int csystem_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int csystem_eventfd_signal(int descriptor) {
    uint64_t one = 1;
    ssize_t written;
    do {
        written = write(descriptor, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    return written == sizeof one || errno == EAGAIN ? 0 : -1;
}

void csystem_eventfd_clear(int descriptor) {
    uint64_t count;
    while (read(descriptor, &count, sizeof count) < 0 && errno == EINTR) continue;
}

static void prepare(int descriptor, int family) {
    int one = 1;
    if (family != AF_INET && family != AF_INET6) return;
    // Both are improvements, not conditions: a socket without them still works.
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
}

int csystem_stream_socket(int family) {
    int descriptor = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor >= 0) prepare(descriptor, family);
    return descriptor;
}

int csystem_accept(int listener) {
    struct sockaddr_storage peer = {0};
    socklen_t length = sizeof peer;
    int descriptor = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (descriptor >= 0) prepare(descriptor, peer.ss_family);
    return descriptor;
}

int csystem_socket_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -1;
    return error;
}

long csystem_send(int descriptor, const void *bytes, size_t count) {
    return send(descriptor, bytes, count, MSG_NOSIGNAL);
}

static _Thread_local void *current_loop;

void *csystem_current_loop(void) { return current_loop; }
void csystem_set_current_loop(void *loop) { current_loop = loop; }

const char *csystem_errno_words(int number) {
    const char *words = strerrordesc_np(number);
    return words != NULL ? words : "unknown error";
}
