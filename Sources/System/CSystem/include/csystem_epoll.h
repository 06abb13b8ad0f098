#pragma once
// epoll, eventfd and non-blocking sockets: what Swift's Glibc module does not import.
#include <stddef.h>
#include <stdint.h>

/// What one descriptor became ready for; `token` is the number it was added with.
typedef struct csystem_ready {
    uint64_t token;
    uint32_t readable;     // data, a connection, or an end to be read
    uint32_t writable;     // room to write, or an error that a write will tell
    uint32_t half_closed;  // the peer ended its side: no further edge will announce that end
} csystem_ready;

/// Every function returns -1 with errno set when it fails.
int csystem_epoll_create(void);
/// Edge-triggered, both directions and the peer's half-close.
int csystem_epoll_add_edge(int epoll, int descriptor, uint64_t token);
/// Level-triggered, reading only: for an eventfd or a listening socket.
int csystem_epoll_add_level(int epoll, int descriptor, uint64_t token);
/// Level-triggered, for what is said; takes the place of what was said of that descriptor before.
int csystem_epoll_watch(int epoll, int descriptor, int reading, int writing, uint64_t token);
void csystem_epoll_forget(int epoll, int descriptor);
/// `capacity` above 256 is taken as 256.
int csystem_epoll_wait(int epoll, csystem_ready *ready, int capacity, int timeout_milliseconds);

int csystem_eventfd_create(void);
int csystem_eventfd_signal(int descriptor);
void csystem_eventfd_clear(int descriptor);

/// A non-blocking, close-on-exec stream socket; TCP ones have TCP_NODELAY and SO_KEEPALIVE set.
int csystem_stream_socket(int family);
int csystem_accept(int listener);
/// The error a finished connect left behind (0 for none), or -1.
int csystem_socket_error(int descriptor);
/// send(2) that never raises SIGPIPE.
long csystem_send(int descriptor, const void *bytes, size_t count);

/// The event loop whose thread this is, or NULL.
void *csystem_current_loop(void);
void csystem_set_current_loop(void *loop);

/// errno's words in English, safe on any thread.
const char *csystem_errno_words(int number);
