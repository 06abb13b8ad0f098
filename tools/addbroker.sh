#!/bin/sh
exec gantry addbroker "$@"
