namespace InternPlatform.Artifacts.Tests;

/// <summary>How bytes rot: one bit, a lost end, another blob's bytes, a page of zeros.</summary>
internal static class Damage
{
    public static byte[] Of(int kind, byte[] bytes, byte[] other, Random random) => kind switch
    {
        0 => FlipBit(bytes, random),
        1 => bytes[..random.Next(bytes.Length)],
        2 => other,
        _ => ZeroPage(bytes, random),
    };

    private static byte[] FlipBit(byte[] bytes, Random random)
    {
        var copy = bytes.ToArray();
        copy[random.Next(copy.Length)] ^= (byte)(1 << random.Next(8));
        return copy;
    }

    private static byte[] ZeroPage(byte[] bytes, Random random)
    {
        var copy = bytes.ToArray();
        var start = random.Next(1 + (copy.Length / 4096)) * 4096;
        Array.Clear(copy, Math.Min(start, copy.Length - 1), Math.Min(4096, copy.Length - Math.Min(start, copy.Length - 1)));
        return copy;
    }
}
