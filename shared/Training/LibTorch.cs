using InternPlatform.Training.Native;
using TorchSharp;

namespace InternPlatform.Training;

/// <summary>Loads libtorch once per process and sets what must be set before the first tensor.</summary>
public static class LibTorch
{
    private static readonly Lock Gate = new();
    private static bool isLoaded;

    /// <summary>Whether this CPU multiplies bf16 matrices in hardware (avx512_bf16 or amx_bf16); elsewhere bf16 is slower than f32.</summary>
    public static bool HasFastBFloat16 { get; } = ReadFastBFloat16();

    /// <summary>Loads libtorch; later calls do nothing. Call before any TorchSharp type is used.</summary>
    /// <remarks>
    /// Order matters: the allocator options (page faults on large temporaries are otherwise half of a step) and the wait policy (spinning
    /// threads collapse on shared cores) are read when the library loads.
    /// </remarks>
    /// <exception cref="TrainingException">libtorch could not be loaded; the message names what to install.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (isLoaded)
            {
                return;
            }

            if (OperatingSystem.IsLinux())
            {
                _ = LibC.SetAllocatorOption(LibC.MaximumMmaps, 0);
                _ = LibC.SetAllocatorOption(LibC.TrimThreshold, int.MaxValue);
                _ = LibC.SetEnvironment("OMP_WAIT_POLICY", "passive", overwrite: 0);
                WeakVersionLoader.Register();
            }

            Initialise();
            isLoaded = true;
        }
    }

    /// <summary>Sets how many threads tensor operations use.</summary>
    /// <param name="threads">At least 1; 0 means OMP_NUM_THREADS if set, else the number of usable cores.</param>
    /// <returns>The number in force. The same seed gives the same bits only with the same number.</returns>
    public static int SetThreads(int threads)
    {
        Load();
        var named = int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out var omp) && omp > 0 ? omp : Environment.ProcessorCount;
        var count = threads > 0 ? threads : named;
        torch.set_num_threads(count);
        return count;
    }

    private static void Initialise()
    {
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception e) when (e is NotSupportedException or DllNotFoundException or TypeInitializationException or BadImageFormatException)
        {
            throw new TrainingException(
                "libtorch could not be loaded. It needs a 64-bit x86 Linux with glibc 2.28 or newer, libstdc++ 6 and libgomp 1 " +
                "(Debian and Ubuntu: apt-get install libstdc++6 libgomp1; Fedora: dnf install libstdc++ libgomp), and the package " +
                $"libtorch-cpu-linux-x64 in the host. The loader said: {(WeakVersionLoader.Failure ?? e).Message}", e);
        }
    }

    private static bool ReadFastBFloat16()
    {
        const string cpuInfo = "/proc/cpuinfo";
        if (!File.Exists(cpuInfo))
        {
            return false;
        }

        var flags = File.ReadLines(cpuInfo).FirstOrDefault(line => line.StartsWith("flags", StringComparison.Ordinal)) ?? "";
        var names = flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return names.Contains("avx512_bf16") || names.Contains("amx_bf16");
    }
}
