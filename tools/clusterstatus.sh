#!/bin/sh
exec gantry clusterstatus "$@"
