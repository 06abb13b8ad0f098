#!/bin/sh
exec gantry install-service "$@"
