using InternPlatform.Tensors;

namespace InternPlatform.Models.Tests;

public sealed class FloatConversionTests
{
    [Fact]
    public void Every_bfloat16_comes_back_from_float()
    {
        var all = Enumerable.Range(0, 1 << 16).Select(bits => (ushort)bits).ToArray();
        var floats = new float[all.Length];
        FloatConversion.FromBFloat16(all, floats);
        var back = new ushort[all.Length];
        FloatConversion.ToBFloat16(floats, back);
        for (var i = 0; i < all.Length; i++)
        {
            Assert.Equal(i << 16, BitConverter.SingleToInt32Bits(floats[i]));
            Assert.Equal(float.IsNaN(floats[i]) ? i | 0x40 : i, back[i]);   // a signalling NaN becomes a quiet one
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(17, 3)]
    [InlineData(4097, 5)]
    public void Lengths_that_are_no_vectors_are_converted_whole(int length, int room)
    {
        var source = Enumerable.Range(0, length).Select(i => (ushort)(0x3F80 + i)).ToArray();
        var floats = new float[length + room];
        FloatConversion.FromBFloat16(source, floats);
        Assert.Equal(source.Select(bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)), floats[..length]);
        Assert.All(floats[length..], value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(0x3F808000u, 0x3F80)]   // a tie goes to the even neighbour below
    [InlineData(0x3F818000u, 0x3F82)]   // and above
    [InlineData(0x3F808001u, 0x3F81)]
    [InlineData(0x7F7FFFFFu, 0x7F80)]   // the largest float rounds to infinity
    [InlineData(0xFF800000u, 0xFF80)]
    [InlineData(0x7F800001u, 0x7FC0)]   // a NaN with an empty upper half stays a NaN
    [InlineData(0x80000000u, 0x8000)]
    public void Rounding_is_to_nearest_even(uint bits, ushort expected)
    {
        var rounded = new ushort[1];
        FloatConversion.ToBFloat16([BitConverter.UInt32BitsToSingle(bits)], rounded);
        Assert.Equal(expected, rounded[0]);
    }

    [Fact]
    public void Every_half_comes_back_from_float()
    {
        var all = Enumerable.Range(0, 1 << 16).Select(bits => BitConverter.UInt16BitsToHalf((ushort)bits)).ToArray();
        var floats = new float[all.Length];
        FloatConversion.FromHalf(all, floats);
        var back = new Half[all.Length];
        FloatConversion.ToHalf(floats, back);
        Assert.Equal(all.Where(value => !Half.IsNaN(value)), back.Where(value => !Half.IsNaN(value)));
    }

    [Fact]
    public void A_destination_too_short_is_refused() => Assert.Throws<ArgumentException>(() => FloatConversion.FromBFloat16(new ushort[2], new float[1]));

    [Fact]
    public void Sizes_are_those_of_the_formats()
    {
        Assert.Equal((2, 2, 4, 8, 1), (DType.BF16.Bytes(), DType.F16.Bytes(), DType.F32.Bytes(), DType.I64.Bytes(), DType.F8E4M3.Bytes()));
        Assert.Equal((4, 6), (DType.F4.Bits(), DType.F6E3M2.Bits()));
        Assert.Throws<ArgumentException>(() => DType.F4.Bytes());
        Assert.All(Enum.GetValues<DType>(), type => Assert.InRange(type.Bits(), 4, 64));
    }
}
