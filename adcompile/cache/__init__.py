"""Programs on disk: one readable file a compile, found again by what it was compiled from.

survey   what is reachable from a function and a call, numbered, with a digest of it
libraries  which modules are installed ones, known by their version
record   a program's guards and places as text, told by the survey's numbers
folder   where the files are, whose they are, how many
disk     looking up and keeping

libraries <- survey <- record <- disk; folder <- disk.
"""
