using System.Runtime.InteropServices;

namespace InternPlatform.Training.Native;

/// <summary>The four C library calls that training needs and .NET does not offer.</summary>
internal static partial class LibC
{
    /// <summary>Largest number of allocations served by mmap.</summary>
    public const int MaximumMmaps = -4;

    /// <summary>Free bytes at the heap's top before they go back to the system.</summary>
    public const int TrimThreshold = -1;

    [LibraryImport("libc", EntryPoint = "mallopt")]
    public static partial int SetAllocatorOption(int option, int value);

    /// <summary>.NET's own setter does not reach native code's getenv.</summary>
    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);
}
