#!/bin/sh
exec gantry bootstrap "$@"
