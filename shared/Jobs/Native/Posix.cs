using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace InternPlatform.Jobs.Native;

/// <summary>The few calls of the C library that .NET has no name for.</summary>
internal static partial class Posix
{
    private const int Output = 1;
    private const int Error = 2;

    /// <summary>
    /// Hands out the process's standard output under a new descriptor and points the old one at standard error, so that a library
    /// that prints, native ones included, cannot break into what is written to the new one.
    /// </summary>
    public static SafeFileHandle TakeStandardOutput()
    {
        var taken = dup(Output);
        if (taken < 0 || dup2(Error, Output) < 0)
        {
            throw new IOException($"dup failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        return new SafeFileHandle(taken, ownsHandle: true);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int dup2(int descriptor, int onto);
}
