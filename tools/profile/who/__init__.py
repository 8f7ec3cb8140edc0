"""Who uses the memory: imports, allocations and mapped files, each by package.

Three measurements that are never added up: the import ladder and the mapped files are parts of RSS,
allocations are what the program asked for, whether the pages were ever touched or not.
"""
