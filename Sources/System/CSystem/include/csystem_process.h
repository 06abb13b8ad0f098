#pragma once
// Children, readiness and files: what the Glibc module of Swift lacks or what must not run between fork and exec in Swift.
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What one child gets. Descriptors are those of the parent, each at least 3; `environment` NULL means the parent's own.
struct csystem_spawn {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    int input, output, error;
};

/// Starts a child in a session (so in a process group) of its own, with default signals, no blocked ones and no descriptor but 0, 1, 2.
/// Returns 0 or an errno.
int csystem_process_spawn(const struct csystem_spawn *request, pid_t *child);

/// A descriptor that becomes readable when the child ends, or -1.
int csystem_process_pidfd(pid_t child);

/// 1 when the child has ended (it stays unreaped, so its id and group id stay its own), 0 when not, -1 on failure.
int csystem_process_has_ended(pid_t child);

/// Both ends close-on-exec and at least 3, so that a child's 0, 1 and 2 can be laid over nothing of ours. Returns 0 or an errno.
int csystem_process_pipe(int ends[2]);

/// write(2) that answers EPIPE without raising SIGPIPE, whatever the process does with that signal.
ssize_t csystem_process_write(int descriptor, const void *bytes, size_t count);

int csystem_process_nonblocking(int descriptor);
char **csystem_process_environment(void);
/// The words for an errno, in English whatever the locale.
const char *csystem_process_words(int error);
int csystem_process_open(const char *path, int flags, unsigned mode);
int csystem_process_lock(int descriptor, int wait);
/// Removes a directory and all in it; links are removed, not followed; what can't be removed stays.
void csystem_process_remove_tree(const char *path);
/// A stream connected to a unix socket, non-blocking, or -1.
int csystem_process_connect(const char *path);

/// A thread of its own with every signal blocked, so that signals reach the threads that expect them. Returns 0 or an errno.
int csystem_process_thread(const char *name, void (*body)(void *), void *context);
