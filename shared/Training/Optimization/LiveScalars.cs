using TorchSharp;
using static TorchSharp.torch;

namespace InternPlatform.Training.Optimization;

/// <summary>
/// Operations with a number. TorchSharp makes a finalisable native scalar for each and does not keep it alive through the call, so a garbage
/// collection at the wrong moment frees it under the operation ("Expected false to be true" from Scalar.h); here it lives until after the call.
/// </summary>
internal static class LiveScalars
{
    /// <summary>target += addend · factor.</summary>
    public static Tensor Accumulate(this Tensor target, Tensor addend, double factor)
    {
        using var scalar = factor.ToScalar();
        return target.add_(addend, scalar);
    }

    /// <summary>target *= factor.</summary>
    public static Tensor ScaleBy(this Tensor target, double factor)
    {
        using var scalar = factor.ToScalar();
        return target.mul_(scalar);
    }

    /// <summary>target += number.</summary>
    public static Tensor Raise(this Tensor target, double number)
    {
        using var scalar = number.ToScalar();
        using var one = 1.ToScalar();
        return target.add_(scalar, one);
    }

    /// <summary>target += a · b · factor.</summary>
    public static Tensor AccumulateProduct(this Tensor target, Tensor a, Tensor b, double factor)
    {
        using var scalar = factor.ToScalar();
        return target.addcmul_(a, b, scalar);
    }

    /// <summary>target += a / b · factor.</summary>
    public static Tensor AccumulateQuotient(this Tensor target, Tensor a, Tensor b, double factor)
    {
        using var scalar = factor.ToScalar();
        return target.addcdiv_(a, b, scalar);
    }

    /// <summary>target[rows[i]] += source[i].</summary>
    public static Tensor AccumulateRows(this Tensor target, Tensor rows, Tensor source)
    {
        using var one = 1.ToScalar();
        return target.index_add_(0, rows, source, one);
    }
}
