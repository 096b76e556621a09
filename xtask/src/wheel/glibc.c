// Linked into the program of a wheel, on x86_64: what it uses of the C library, in the versions that glibc 2.28 has too.
// That is what torch's own wheels need, and what RHEL 8 has; without this the program would need the glibc that it is
// built with. The linker replaces each name by __wrap_ and that name (build.rs passes it all that stand here). Where a
// wheel's name says a newer glibc than 2.28, `objdump -T` on its program names what is missing here.

// A jump to the older version, so the arguments may be whatever they are. NVIDIA's and torch's libraries load the
// libraries that had these before glibc 2.34 (libpthread, libdl).
#define OLD(name, version)                                      \
  __asm__(".symver old_" #name ", " #name "@" version "\n"      \
          ".text\n"                                             \
          ".globl __wrap_" #name "\n"                           \
          ".hidden __wrap_" #name "\n"                          \
          ".type __wrap_" #name ", @function\n"                 \
          "__wrap_" #name ": jmp *old_" #name "@GOTPCREL(%rip)\n");

OLD(dlclose, "GLIBC_2.2.5")
OLD(dlerror, "GLIBC_2.2.5")
OLD(dlopen, "GLIBC_2.2.5")
OLD(dlsym, "GLIBC_2.2.5")
OLD(exp, "GLIBC_2.2.5")
OLD(exp2, "GLIBC_2.2.5")
OLD(hypot, "GLIBC_2.2.5")
OLD(hypotf, "GLIBC_2.2.5")
OLD(log, "GLIBC_2.2.5")
OLD(log2, "GLIBC_2.2.5")
OLD(pow, "GLIBC_2.2.5")
OLD(pthread_attr_getguardsize, "GLIBC_2.2.5")
OLD(pthread_attr_getstack, "GLIBC_2.2.5")
OLD(pthread_attr_setstacksize, "GLIBC_2.2.5")
OLD(pthread_create, "GLIBC_2.2.5")
OLD(pthread_detach, "GLIBC_2.2.5")
OLD(pthread_getattr_np, "GLIBC_2.2.5")
OLD(pthread_join, "GLIBC_2.2.5")
OLD(pthread_key_create, "GLIBC_2.2.5")
OLD(pthread_key_delete, "GLIBC_2.2.5")
OLD(pthread_rwlock_unlock, "GLIBC_2.2.5")
OLD(pthread_rwlock_wrlock, "GLIBC_2.2.5")
OLD(pthread_setname_np, "GLIBC_2.12")
OLD(pthread_setspecific, "GLIBC_2.2.5")

#define HIDDEN __attribute__((visibility("hidden")))

// Rust's standard library uses these where they are there, and does without: __wrap_gettid and
// __wrap_posix_spawn_file_actions_addchdir_np are not there.

// Before 2.33 these were inline calls of the functions that they call here, for the one layout of struct stat.
int __xstat64(int, const char *, void *);
int __fxstat64(int, int, void *);
int __lxstat64(int, const char *, void *);
HIDDEN int __wrap_stat64(const char *path, void *about) { return __xstat64(1, path, about); }
HIDDEN int __wrap_fstat64(int file, void *about) { return __fxstat64(1, file, about); }
HIDDEN int __wrap_lstat64(const char *path, void *about) { return __lxstat64(1, path, about); }

// Whether there is one thread only, since 2.32: C++'s shared pointers then count without a lock. Always said to be false.
HIDDEN char __wrap___libc_single_threaded = 0;

// Before 2.34 the program ran its own constructors, through this pointer; a newer glibc runs them through it too, and not
// again. The loader runs those of .preinit_array itself, in both.
typedef void constructor(int, char **, char **);
extern HIDDEN constructor *__init_array_start[], *__init_array_end[];
void _init(void);

static void construct(int argc, char **argv, char **environment) {
  _init();
  for (constructor **each = __init_array_start; each < __init_array_end; ++each) (*each)(argc, argv, environment);
}

typedef int program(int, char **, char **);
__asm__(".symver old_start, __libc_start_main@GLIBC_2.2.5");
int old_start(program *, int, char **, constructor *, void (*)(void), void (*)(void), void *);

HIDDEN int __wrap___libc_start_main(program *main, int argc, char **argv, constructor *constructors, void (*destructors)(void),
                                    void (*loader_end)(void), void *stack_end) {
  return old_start(main, argc, argv, constructors ? constructors : construct, destructors, loader_end, stack_end);
}
