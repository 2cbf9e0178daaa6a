using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace InternPlatform.Jobs.Native;

/// <summary>The few calls of the C library that .NET has no name for.</summary>
internal static partial class Posix
{
    private const int ExclusiveNow = 2 | 4;    // LOCK_EX | LOCK_NB
    private const int WouldBlock = 11;
    private const int Terminate = 15;

    /// <summary>Takes the kernel's lock on an open file, or says that another process has it. The kernel frees it with the last handle, also after kill -9.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        while (flock(file, ExclusiveNow) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
            {
                return false;
            }

            if (error != 4)    // EINTR: again
            {
                throw new IOException($"flock failed with error {error}: {Marshal.GetPInvokeErrorMessage(error)}.");
            }
        }

        return true;
    }

    /// <summary>
    /// Hands out the process's standard output under a new descriptor and points the old one at standard error, so that a library
    /// that prints, native ones included, cannot break into what is written to the new one.
    /// </summary>
    public static SafeFileHandle TakeStandardOutput()
    {
        var taken = dup(1);
        if (taken < 0 || dup2(2, 1) < 0)
        {
            throw new IOException($"dup failed with error {Marshal.GetLastPInvokeError()}.");
        }

        return new SafeFileHandle(taken, ownsHandle: true);
    }

    /// <summary>Asks a process to end.</summary>
    public static void SendTerminate(int pid) => kill(pid, Terminate);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup2(int descriptor, int onto);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int kill(int pid, int signal);
}
