/**
 * A file system that cannot do what most can, for real processes: a library that is loaded before
 * the system's own answers `fsync` of a directory and `link` with an error. CIFS, vboxsf and some
 * FUSE file systems say EINVAL.
 */

import { constants } from "node:os";
import { join } from "node:path";
import { finish } from "./process.ts";

const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int said(const char *name) {
  const char *text = getenv(name);
  return text ? atoi(text) : 0;
}

static int is_odd_directory(int fd) {
  struct stat info;
  char name[64], path[PATH_MAX] = "";
  const char *below = getenv("ODD_BELOW");
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  return fstat(fd, &info) == 0 && S_ISDIR(info.st_mode) &&
    readlink(name, path, sizeof path - 1) > 0 && strncmp(path, below, strlen(below)) == 0;
}

int fsync(int fd) {
  int code = said("ODD_FSYNC");
  if (code && is_odd_directory(fd)) return errno = code, -1;
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  return real(fd);
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
  int code = said("ODD_LINK");
  if (code) return errno = code, -1;
  int (*real)(int, const char *, int, const char *, int) = dlsym(RTLD_NEXT, "linkat");
  return real(from, old, to, new, flags);
}

int link(const char *old, const char *new) {
  int code = said("ODD_LINK");
  if (code) return errno = code, -1;
  int (*real)(const char *, const char *) = dlsym(RTLD_NEXT, "link");
  return real(old, new);
}
`;

type Code = "EINVAL" | "EOPNOTSUPP" | "EIO" | "EPERM" | "EMLINK";

export interface Odd {
  /** Which directories; default: all. */
  readonly below?: string;
  /** What the fsync of a directory says. */
  readonly fsync: Code;
  /** What making a hard link says; default: it makes one. */
  readonly link?: Code;
}

/** Whether there is a compiler for it. */
export const CAN_BE_ODD = Deno.build.os === "linux" &&
  await finish("gcc", ["--version"]).then(({ code }) => code === 0, () => false);

/** The environment in which a process finds its file systems so; the library is made in `directory`. */
export async function oddEnvironment(
  directory: string,
  { below = "/", fsync, link }: Odd,
): Promise<Record<string, string>> {
  const [source, library] = [join(directory, "odd.c"), join(directory, "odd.so")];
  await Deno.writeTextFile(source, SOURCE);
  const args = ["-shared", "-fPIC", "-o", library, source, "-ldl"];
  const { code, stderr } = await finish("gcc", args);
  if (code !== 0) throw new Error(stderr);
  return {
    LD_PRELOAD: library,
    ODD_BELOW: below,
    ODD_FSYNC: String(constants.errno[fsync]),
    ...link && { ODD_LINK: String(constants.errno[link]) },
  };
}
