using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using Microsoft.Win32.SafeHandles;

namespace InternPlatform.Training.Native;

/// <summary>
/// Second chance for libLibTorchSharp.so on systems whose libstdc++ is older than the one it was built with: called by the runtime only
/// after its own probing failed, so a newer system never takes this path. The changed copy lives in memory (memfd), not in a shared
/// temporary folder where someone else could plant a library.
/// </summary>
internal static class WeakVersionLoader
{
    private const string Library = "LibTorchSharp";
    private const string Version = "GLIBCXX_3.4.32";
    private static int registered;
    private static readonly Lock Gate = new();
    private static nint loaded;

    /// <summary>Why the second chance failed, for the error message; null while it has not.</summary>
    public static Exception? Failure { get; private set; }

    public static void Register()
    {
        if (Interlocked.Exchange(ref registered, 1) == 0)
        {
            AssemblyLoadContext.Default.ResolvingUnmanagedDll += Resolve;
        }
    }

    private static nint Resolve(Assembly assembly, string name)
    {
        if (!name.Contains(Library, StringComparison.Ordinal))
        {
            return 0;
        }

        lock (Gate)
        {
            return loaded != 0 ? loaded : loaded = TryLoad();
        }
    }

    private static nint TryLoad()
    {
        try
        {
            return Load();
        }
        catch (Exception e) when (e is TrainingException or IOException or DllNotFoundException or BadImageFormatException)
        {
            Failure = e;
            return 0;
        }
    }

    private static nint Load()
    {
        var path = Find($"lib{Library}.so");
        var image = File.ReadAllBytes(path);
        if (ElfVersionNeeds.MakeWeak(image, Version) == 0)
        {
            throw new TrainingException($"{path} does not ask for {Version}; its loading failed for another reason.");
        }

        foreach (var needed in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
        {
            NativeLibrary.Load(Find(needed));
        }

        var descriptor = LibC.CreateMemoryFile(Library, 0);
        if (descriptor < 0)
        {
            throw new IOException($"memfd_create failed with error {Marshal.GetLastPInvokeError()}.");
        }

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(handle, image, 0);
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    private static string Find(string file)
    {
        var probed = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string[] folders = [.. probed, AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native")];
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists)
            ?? throw new TrainingException($"{file} is not beside the program: reference the package libtorch-cpu-linux-x64 in the host and publish again.");
    }
}
