#pragma once
#include <stdint.h>
// WEXITSTATUS and its kin are macros, which Swift does not import.
#include <sys/wait.h>
static inline int csystem_wexitstatus(int status) { return WEXITSTATUS(status); }
static inline int csystem_wtermsig(int status) { return WIFSIGNALED(status) ? WTERMSIG(status) : 0; }
