#include "csystem_wait.h"
