using System.Runtime.CompilerServices;

namespace InternPlatform.Kernels.Cpu;

/// <summary>One key-value head of a sequence's blocks.</summary>
internal readonly unsafe struct AttentionHead(byte* first, int* table, int context, KvLayout layout)
{
    public readonly byte* First = first;
    public readonly int* Table = table;
    public readonly nint BlockBytes = layout.BlockBytes;
    public readonly nint PlaneBytes = layout.PlaneBytes;
    public readonly nint RowBytes = layout.PlaneBytes / KvLayout.BlockTokens;
    public readonly int Dim = layout.HeadDim;
    public readonly int Context = context;
    public readonly float Scale = (float)(1 / Math.Sqrt(layout.HeadDim));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* Block(int b) => First + (Table[b] * BlockBytes);

    public float* KeyScales(int b) => (float*)(Block(b) + (2 * PlaneBytes));

    public float* ValueScales(int b) => KeyScales(b) + (2 * KvLayout.BlockTokens);
}
