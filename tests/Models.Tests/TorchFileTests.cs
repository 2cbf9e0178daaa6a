using System.IO.Compression;
using System.Text;
using InternPlatform.Tensors;
using static InternPlatform.Models.Tests.Pickles;

namespace InternPlatform.Models.Tests;

public sealed class TorchFileTests : Folder
{
    // Names that have run code in published attacks, and some of PyTorch's own that build more than tensors.
    private static readonly (string Module, string Name)[] Hostile =
    [
        ("os", "system"), ("posix", "system"), ("nt", "system"), ("builtins", "exec"), ("builtins", "eval"), ("__builtin__", "eval"), ("builtins", "getattr"),
        ("builtins", "__import__"), ("subprocess", "Popen"), ("subprocess", "check_output"), ("commands", "getoutput"), ("runpy", "_run_code"), ("pickle", "loads"),
        ("marshal", "loads"), ("importlib", "import_module"), ("functools", "partial"), ("operator", "attrgetter"), ("webbrowser", "open"), ("torch", "load"),
        ("torch.hub", "load"), ("torch.storage", "_load_from_bytes"), ("torch._utils", "_rebuild_sparse_tensor"), ("torch._utils", "_rebuild_device_tensor_from_numpy"),
        ("torch._tensor", "_rebuild_from_type_v2"), ("numpy.core.multiarray", "_reconstruct"), ("collections", "Counter"), ("shutil", "rmtree"), ("torch", "UntypedStorage"),
    ];

    private string File => In("pytorch_model.bin");

    private string Canary => In("canary");

    [Fact]
    public void Tensors_come_out_and_go_into_safetensors()
    {
        var floats = Enumerable.Range(0, 12).Select(i => i / 4f).SelectMany(BitConverter.GetBytes).ToArray();
        var halves = Enumerable.Range(0, 4).Select(i => (Half)i).SelectMany(BitConverter.GetBytes).ToArray();
        Write(
            File,
            Dictionary(
                ("a.weight", Tensor(Storage("FloatStorage", "0", 12), 0, [2, 3], [3, 1])),
                ("b.weight", Tensor(Storage("FloatStorage", "0", 12), 6, [6], [1])),
                ("c.bias", Tensor(Storage("BFloat16Storage", "1", 4), 1, [3], [1])),
                ("p", Call("torch._utils", "_rebuild_parameter", Tensor(Storage("HalfStorage", "1", 4), 0, [1, 4], [99, 1]), [0x88], OrderedDict)),
                ("scalar", Tensor(Storage("FloatStorage", "0", 12), 11, [], [])),
                ("epoch", Integer(3))),
            ("archive/data/0", floats), ("archive/data/1", halves), ("archive/version", [.. "3\n"u8]), ("archive/byteorder", [.. "little"u8]));
        using (var file = TorchFile.Open(File))
        {
            Assert.Equal(["a.weight", "b.weight", "c.bias", "p", "scalar"], file.Names.Order());
            Assert.Equal(halves[2..], file.Read("c.bias").Data);
            Assert.Equal((DType.F16, 4), (file.Read("p").Type, file.Read("p").Shape[1]));
            Assert.Contains("'epoch'", Assert.Throws<InvalidModelException>(() => file.Read("epoch")).Reason);
            file.WriteSafetensors(In("model.safetensors"));
        }

        using var safetensors = SafetensorsFile.Open(In("model.safetensors"));
        Assert.Equal([0, 0.25f, 0.5f, 0.75f, 1, 1.25f], safetensors.ReadFloats("a.weight"));
        Assert.Equal([2.75f], safetensors.ReadFloats("scalar"));
        Assert.Equal(DType.BF16, safetensors.Tensors["c.bias"].DType);
    }

    [Fact]
    public void The_instructions_of_an_ordinary_state_dictionary_are_known()
    {
        // As torch.save writes: values remembered and recalled, short tuples, metadata set as state, each byte by hand.
        byte[] pickle =
        [
            .. Protocol, .. Name("collections", "OrderedDict"), (byte)'q', 0, (byte)')', (byte)'R', (byte)'q', 1, (byte)'(',
            .. Text("w"), (byte)'q', 2, .. Name("torch._utils", "_rebuild_tensor_v2"), (byte)'q', 3, (byte)'(', .. Storage("LongStorage", "0", 2), (byte)'q', 4,
            .. Integer(0), .. Integer(2), 0x85, (byte)'q', 5, .. Integer(1), 0x85, (byte)'r', 6, 0, 0, 0, 0x89, (byte)'h', 0, (byte)')', (byte)'R', (byte)'t', (byte)'R',
            .. Text("v"), (byte)'N', .. Text("l"), (byte)']', (byte)'(', (byte)'G', 0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0x8A, 0, (byte)'e', (byte)'N', (byte)'a', (byte)'u',
            .. Text("again"), (byte)'j', 2, 0, 0, 0, (byte)'s',
            (byte)'}', .. Text("_metadata"), (byte)'h', 0, (byte)')', (byte)'R', (byte)'s', (byte)'b', (byte)'.',
        ];
        Write(File, pickle, ("archive/data/0", new byte[16]));
        using var file = TorchFile.Open(File);
        Assert.Equal(["w"], file.Names);
        Assert.Equal((DType.I64, 16), (file.Read("w").Type, file.Read("w").Data.Length));
    }

    // Each name by each way to bring it to run, in an archive and bare: 28 × 9 × 2.
    [Fact]
    public void Hostile_pickles_are_refused_and_the_canary_lives()
    {
        var refused = 0;
        foreach (var (module, name) in Hostile)
        {
            var (global, argument) = (Name(module, name), Text($"touch {Canary}"));
            byte[] call = [.. global, .. Tuple(argument), (byte)'R'];
            byte[][] pickles =
            [
                [.. Protocol, .. call, (byte)'.'],
                Dictionary(("w", call)),
                [.. Dictionary(("w", Tensor(Storage("FloatStorage", "0", 1), 0, [1], [1])))[..^1], .. call, (byte)'0', (byte)'.'],
                Dictionary(("w", Call("torch._utils", "_rebuild_parameter", call, [0x88], OrderedDict))),
                Dictionary(("w", [.. global, .. Tuple(argument), 0x81])),
                Dictionary(("w", [(byte)'(', .. global, .. argument, (byte)'o'])),
                Dictionary(("w", [(byte)'(', .. argument, (byte)'i', .. Encoding.Latin1.GetBytes($"{module}\n{name}\n")])),
                [0x80, 4, .. Text(module), .. Text(name), 0x93, .. argument, 0x85, (byte)'R', (byte)'.'],
                Dictionary(("w", [.. OrderedDict, .. call, (byte)'b'])),
            ];
            foreach (var pickle in pickles)
            {
                Write(File, pickle, ("archive/data/0", new byte[4]));
                Refused();
                System.IO.File.WriteAllBytes(File, pickle);
                Refused();
                refused += 2;
            }
        }

        Assert.Equal(28 * 9 * 2, refused);
        Assert.False(System.IO.File.Exists(Canary));
    }

    [Theory]
    [InlineData(0, new long[] { 3, 2 }, new long[] { 1, 3 }, 6)]   // turned
    [InlineData(0, new long[] { 1000000 }, new long[] { 0 }, 6)]   // one element a million times
    [InlineData(1, new long[] { 6 }, new long[] { 1 }, 6)]   // one past the end
    [InlineData(-1, new long[] { 6 }, new long[] { 1 }, 6)]
    [InlineData(long.MaxValue, new long[] { 6 }, new long[] { 1 }, 6)]
    [InlineData(0, new long[] { -6 }, new long[] { 1 }, 6)]
    [InlineData(0, new long[] { 6 }, new long[] { -1 }, 6)]
    [InlineData(0, new long[] { 4294967296, 4294967296 }, new long[] { 4294967296, 1 }, 6)]
    [InlineData(0, new long[] { 2, 3 }, new long[] { 3 }, 6)]
    [InlineData(0, new long[] { 6 }, new long[] { 1 }, 7)]   // a storage that the archive has shorter
    [InlineData(0, new long[] { 6 }, new long[] { 1 }, -6)]
    [InlineData(0, new long[] { 6 }, new long[] { 1 }, 4611686018427387910)]   // whose bytes wrap to six floats
    public void Tensors_that_are_not_one_piece_of_their_storage_are_refused(long offset, long[] shape, long[] strides, long count)
    {
        Write(File, Dictionary(("w", Tensor(Storage("FloatStorage", "0", count), offset, shape, strides))), ("archive/data/0", new byte[24]));
        Refused();
    }

    [Fact]
    public void Tensors_that_share_a_storage_too_often_are_refused()
    {
        var items = Enumerable.Range(0, 100).Select(i => ($"w{i}", Tensor(Storage("FloatStorage", "0", 100_000), 0, [100_000], [1]))).ToArray();
        Write(File, Dictionary(items), ("archive/data/0", new byte[400_000]));
        Assert.Contains("share", Refused().Reason);
    }

    [Fact]
    public void A_pickle_that_would_take_all_memory_is_refused()
    {
        foreach (var instruction in new[] { (byte)'}', (byte)']', (byte)'(', (byte)'N' })
        {
            Write(File, [.. Protocol, .. Enumerable.Repeat(instruction, 8 << 20), (byte)'.']);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Refused();
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (2 * new FileInfo(File).Length) + (32 << 20));
        }
    }

    [Fact]
    public void Archives_that_torch_save_does_not_write_are_refused()
    {
        var sound = Dictionary(("w", Tensor(Storage("FloatStorage", "0", 1), 0, [1], [1])));
        Check([("archive/data.pkl", sound), ("archive/data/0", new byte[4])], null);
        Check([("archive/data.pkl", sound), ("archive/data/0", new byte[4]), ("archive/data/0", new byte[4])], "twice");
        Check([("archive/data.pkl", sound), ("other/data.pkl", sound), ("archive/data/0", new byte[4])], "2 entries");
        Check([("archive/data/0", new byte[4])], "0 entries");
        Check([("archive/data.pkl", sound), ("archive/data/0", new byte[4]), ("archive/byteorder", [.. "big"u8])], "'big'");
        Check([("archive/data.pkl", sound), ("archive/data/0", new byte[3])], "does not have");
        Check([("archive/data.pkl", sound)], "does not have");
        Write(File, CompressionLevel.Optimal, ("archive/data.pkl", sound), ("archive/data/0", new byte[100_000]));
        Assert.Contains("compressed", Refused().Reason);

        void Check((string, byte[])[] entries, string? reason)
        {
            Write(File, CompressionLevel.NoCompression, entries);
            if (reason is null)
            {
                TorchFile.Open(File).Dispose();
            }
            else
            {
                Assert.Contains(reason, Refused().Reason);
            }
        }
    }

    [Fact]
    public void Other_files_are_named()
    {
        System.IO.File.WriteAllBytes(File, [0x80, 2, 0x8A, 10, .. new byte[20]]);
        Assert.Contains("before 1.6", Refused().Reason);
        System.IO.File.WriteAllText(File, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
        Assert.Contains("Git LFS pointer", Refused().Reason);
        System.IO.File.WriteAllText(File, "");
        Assert.Contains("not a zip", Refused().Reason);
        System.IO.File.Delete(File);
        Assert.Contains("does not exist", Refused().Reason);
    }

    [Fact]
    public void Every_beginning_and_every_changed_byte_is_read_or_refused_by_type()
    {
        var pickle = Dictionary(("w", Tensor(Storage("FloatStorage", "0", 2), 0, [2], [1])), ("n", [(byte)']', (byte)'(', .. Integer(70_000), .. Integer(-1), (byte)'e']));
        Write(File, pickle, ("archive/data/0", new byte[8]));
        TorchFile.Open(File).Dispose();
        for (var length = 0; length < pickle.Length; length++)
        {
            Assert.Throws<InvalidModelException>(() => PickleReader.Read(File, pickle.AsSpan(0, length), pickle.Length));
        }

        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var changed = pickle.ToArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            }

            var thrown = Record.Exception(() => { PickleReader.Read(File, changed, changed.Length); });
            Assert.True(thrown is null or InvalidModelException, $"change {i} gave {thrown}");
        }

        // The archive itself, from its first byte to its directory.
        var whole = System.IO.File.ReadAllBytes(File);
        for (var i = 0; i < 2_000; i++)
        {
            var changed = whole.ToArray();
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            System.IO.File.WriteAllBytes(File, i % 2 == 0 ? changed : changed[..random.Next(changed.Length)]);
            var thrown = Record.Exception(() =>
            {
                using var file = TorchFile.Open(File);
                foreach (var name in file.Names)
                {
                    file.Read(name);
                }
            });
            Assert.True(thrown is null or InvalidModelException, $"change {i} gave {thrown}");
        }
    }

    private InvalidModelException Refused() => Assert.Throws<InvalidModelException>(() => TorchFile.Open(File).Dispose());
}
