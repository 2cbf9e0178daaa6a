using System.Globalization;
using System.Numerics;

namespace InternPlatform.Agents.Tools;

/// <summary>A decimal number of any length: digits · 10^−scale. Sums, differences and products are exact.</summary>
internal readonly record struct ExactNumber(BigInteger Digits, int Scale)
{
    private const int MostDigits = 1_000;

    /// <summary>Digits after the point of a quotient that does not end.</summary>
    public const int QuotientScale = 20;

    /// <summary>Reads a number of JSON; false where it has more than a thousand digits.</summary>
    public static bool TryParse(string json, out ExactNumber number)
    {
        number = default;
        var mark = json.AsSpan().IndexOfAny('e', 'E');
        var mantissa = mark < 0 ? json : json[..mark];
        var exponent = 0;
        if (mark >= 0 && !int.TryParse(json.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return false;
        }

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var scale = (point < 0 ? 0 : mantissa.Length - point - 1) - (long)exponent;
        if (mantissa.Length > MostDigits || Math.Abs(scale) > MostDigits)
        {
            return false;
        }

        var digits = BigInteger.Parse(mantissa.Replace(".", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        number = scale < 0 ? new(digits * BigInteger.Pow(10, (int)-scale), 0) : new(digits, (int)scale);
        return true;
    }

    public static ExactNumber operator +(ExactNumber a, ExactNumber b)
    {
        var scale = Math.Max(a.Scale, b.Scale);
        return new(a.At(scale) + b.At(scale), scale);
    }

    public static ExactNumber operator -(ExactNumber a, ExactNumber b) => a + new ExactNumber(-b.Digits, b.Scale);

    public static ExactNumber operator *(ExactNumber a, ExactNumber b) => new(a.Digits * b.Digits, a.Scale + b.Scale);

    /// <summary>Exact where the quotient ends within <see cref="QuotientScale"/> digits, else rounded there, halves to even.</summary>
    /// <exception cref="DivideByZeroException">b is zero.</exception>
    public static ExactNumber operator /(ExactNumber a, ExactNumber b)
    {
        var shift = QuotientScale + b.Scale - a.Scale;
        var (above, below) = shift >= 0 ? (a.Digits * BigInteger.Pow(10, shift), b.Digits) : (a.Digits, b.Digits * BigInteger.Pow(10, -shift));
        var quotient = BigInteger.DivRem(above, below, out var rest);
        var half = (BigInteger.Abs(rest) * 2).CompareTo(BigInteger.Abs(below));
        return new(half > 0 || (half == 0 && !quotient.IsEven) ? quotient + above.Sign * below.Sign : quotient, QuotientScale);
    }

    /// <summary>Plain digits, without zeros at the end of a fraction.</summary>
    public override string ToString()
    {
        var digits = BigInteger.Abs(Digits).ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        var fraction = digits[^Scale..].TrimEnd('0');
        return $"{(Digits.Sign < 0 ? "-" : "")}{digits[..^Scale]}{(fraction.Length > 0 ? "." : "")}{fraction}";
    }

    private BigInteger At(int scale) => Digits * BigInteger.Pow(10, scale - Scale);
}
