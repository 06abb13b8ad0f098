#pragma once
// libmicrohttpd, whose entry points are variadic: one small server that answers GET with pages somebody makes.
// It is loaded when it is first needed, as few processes serve anything.
#include <stddef.h>
#include <stdint.h>

/// A page: `body` is malloc'ed by who makes it and freed by the server.
typedef struct csystem_page {
    unsigned int status;
    const char *type;  // static
    char *body;
    size_t length;
} csystem_page;

/// Makes the page of `path`; called on the server's own thread, one page at a time.
typedef void (*csystem_page_maker)(void *context, const char *path, csystem_page *page);

/// Serves `host`:`port` (port 0: any) from a thread of its own. NULL when it can't: `reason` then says why, at most
/// `room` bytes of it.
void *csystem_metrics_start(
    const char *host, uint16_t port, csystem_page_maker make, void *context, char *reason, size_t room);
/// The port that it listens on.
uint16_t csystem_metrics_port(void *server);
/// Ends it; no page is being made afterwards.
void csystem_metrics_stop(void *server);
