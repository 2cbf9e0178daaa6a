using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace InternPlatform.Models;

/// <summary>
/// Reads the pickle of a PyTorch state dictionary, and builds dictionaries, lists, tuples, numbers, texts and tensors: never anything
/// else. A pickle is a program for a stack machine. Of its instructions only those are here that <c>torch.save</c> of weights uses;
/// calling is one of them, but only of the names of <see cref="PickledName"/>, and none of these runs code of the file's choice.
/// </summary>
internal ref struct PickleReader
{
    // What one object may cost, so that a megabyte of opening braces is refused before it is a gigabyte.
    private const int FreeBytes = 14 << 20;
    private const int ObjectCost = 120;
    private const int MaxNameBytes = 256;

    private readonly string path;
    private readonly ReadOnlySpan<byte> pickle;
    private readonly List<object?> stack = [];
    private readonly Stack<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];
    private long mayAllocate;
    private int position;

    private PickleReader(string path, ReadOnlySpan<byte> pickle, long fileLength)
    {
        this.path = path;
        this.pickle = pickle;
        mayAllocate = (2 * fileLength) - pickle.Length + FreeBytes;
    }

    /// <summary>The dictionary that the pickle makes.</summary>
    /// <param name="path">Named in errors.</param>
    /// <param name="pickle">The program.</param>
    /// <param name="fileLength">Bytes of the archive, which bound what may be allocated.</param>
    public static Dictionary<string, object?> Read(string path, ReadOnlySpan<byte> pickle, long fileLength)
    {
        var reader = new PickleReader(path, pickle, fileLength);
        while (reader.Step())
        {
            // Each step is one instruction.
        }

        return reader.stack is [Dictionary<string, object?> top] && reader.marks.Count == 0 && reader.position == pickle.Length
            ? top
            : throw reader.Invalid("does not end as one dictionary.");
    }

    private bool Step()
    {
        var instruction = Take(1)[0];
        switch (instruction)
        {
            case 0x80 when Take(1)[0] == 2: break;   // protocol 2, torch.save's
            case (byte)'.': return false;
            case (byte)'(': marks.Push(stack.Count); Charge(8); break;
            case (byte)'N': Push(null); break;
            case 0x88: Push(true); break;
            case 0x89: Push(false); break;
            case (byte)'K': Push((long)Take(1)[0]); break;
            case (byte)'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case (byte)'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 0x8A: Push(LongInteger(Take(Take(1)[0]))); break;
            case (byte)'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case (byte)'X': Push(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case (byte)')': Push(Array.Empty<object?>()); break;
            case 0x85: Push(Last(1)); break;
            case 0x86: Push(Last(2)); break;
            case 0x87: Push(Last(3)); break;
            case (byte)'t': Push(SinceMark()); break;
            case (byte)']': Push(new List<object?>()); break;
            case (byte)'a': Append(Last(1)); break;
            case (byte)'e': Append(SinceMark()); break;
            case (byte)'}': Push(new Dictionary<string, object?>(StringComparer.Ordinal)); break;
            case (byte)'s': SetItems(Last(2)); break;
            case (byte)'u': SetItems(SinceMark()); break;
            case (byte)'q': Remember(Take(1)[0]); break;
            case (byte)'r': Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
            case (byte)'h': Push(Recall(Take(1)[0])); break;
            case (byte)'j': Push(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case (byte)'c': Push(Name()); break;
            case (byte)'Q': Push(Storage(Pop())); break;
            case (byte)'R': Push(Call(Last(2))); break;
            case (byte)'b': SetState(Pop()); break;
            default: throw Invalid($"has the instruction 0x{instruction:X2}, which weights do not need.");
        }

        return true;
    }

    /// <summary>Calls one of the few names that may be called.</summary>
    private readonly object Call(object?[] nameAndArguments) => nameAndArguments switch
    {
        [PickledName { Name: PickledName.OrderedDict }, object?[] { Length: 0 }] => new Dictionary<string, object?>(StringComparer.Ordinal),
        [PickledName { Name: PickledName.Tensor }, object?[] arguments] => PickledTensor.Of(arguments) ?? throw Invalid("has a tensor that is not one piece within its storage."),
        [PickledName { Name: PickledName.Parameter }, object?[] and [PickledTensor tensor, bool, Dictionary<string, object?> { Count: 0 }]] => tensor,
        _ => throw Invalid("calls something in a way that weights do not need."),
    };

    private readonly PickledStorage Storage(object? reference) =>
        reference is object?[] and ["storage", PickledName { StorageType: { } type }, string key, string, long count and >= 0]
            ? new(type, key, count)
            : throw Invalid("refers to something that is not a storage.");

    // Ordered dictionaries carry attributes (_metadata) that say nothing about weights.
    private readonly void SetState(object? state)
    {
        if (stack is not [.., Dictionary<string, object?>] || state is not Dictionary<string, object?>)
        {
            throw Invalid("sets the state of something that is not a dictionary.");
        }
    }

    private readonly void SetItems(object?[] pairs)
    {
        if (stack is not [.., Dictionary<string, object?> target] || pairs.Length % 2 != 0)
        {
            throw Invalid("sets items of something that is not a dictionary.");
        }

        for (var i = 0; i < pairs.Length; i += 2)
        {
            if (pairs[i] is not string key || !target.TryAdd(key, pairs[i + 1]))
            {
                throw Invalid("has a key that is no text or is given twice.");
            }
        }
    }

    private readonly void Append(object?[] items)
    {
        if (stack is not [.., List<object?> target])
        {
            throw Invalid("appends to something that is not a list.");
        }

        target.AddRange(items);
    }

    private PickledName Name()
    {
        var name = new PickledName($"{Line()}.{Line()}");
        return name.IsKnown ? name : throw Invalid($"names '{name.Name}', which is not called: reading weights runs nothing.");
    }

    private string Line()
    {
        var length = pickle[position..].IndexOf((byte)'\n');
        if (length is < 1 or > MaxNameBytes)
        {
            throw Invalid("has a name without an end.");
        }

        var line = Encoding.Latin1.GetString(Take((uint)length));
        position++;
        return line;
    }

    private string Text(uint length)
    {
        var utf8 = Take(length);
        Charge(2L * utf8.Length);
        return Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : throw Invalid("has a text that is not UTF-8.");
    }

    private readonly long LongInteger(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > sizeof(long))
        {
            throw Invalid("has a number of more than 64 bits.");
        }

        var number = bytes.IsEmpty || (bytes[^1] & 0x80) == 0 ? 0L : -1L;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            number = (number << 8) | bytes[i];
        }

        return number;
    }

    private void Push(object? value)
    {
        Charge(ObjectCost);
        stack.Add(value);
    }

    private readonly object? Pop() => Last(1)[0];

    /// <summary>Takes the newest values, none of them from before the last mark.</summary>
    private readonly object?[] Last(int count)
    {
        if (stack.Count - count < (marks.TryPeek(out var mark) ? mark : 0))
        {
            throw Invalid("takes more than there is.");
        }

        var values = stack[^count..].ToArray();
        stack.RemoveRange(stack.Count - count, count);
        return values;
    }

    private readonly object?[] SinceMark()
    {
        if (!marks.TryPop(out var mark))
        {
            throw Invalid("takes values since a mark that is not there.");
        }

        var values = stack[mark..].ToArray();
        stack.RemoveRange(mark, values.Length);
        return values;
    }

    private void Remember(uint index)
    {
        Charge(ObjectCost);
        memo[index] = stack.Count > 0 ? stack[^1] : throw Invalid("remembers nothing.");
    }

    private readonly object? Recall(uint index) => memo.TryGetValue(index, out var value) ? value : throw Invalid("recalls what it did not remember.");

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > pickle.Length - position)
        {
            throw Invalid("ends in the middle.");
        }

        var taken = pickle.Slice(position, (int)count);
        position += (int)count;
        return taken;
    }

    private void Charge(long bytes)
    {
        mayAllocate -= bytes;
        if (mayAllocate < 0)
        {
            throw Invalid("would take far more memory than the file has bytes.");
        }
    }

    private readonly InvalidModelException Invalid(string what) => new(path, $"the pickle {what}");
}
