#!/bin/sh
exec gantry dockmon "$@"
