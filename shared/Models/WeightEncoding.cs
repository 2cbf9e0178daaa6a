namespace InternPlatform.Models;

/// <summary>How a matrix in few bits is stored.</summary>
/// <param name="Bits">4, 6 or 8.</param>
/// <param name="GroupSize">Inputs that share a scale; K for one scale a row.</param>
/// <param name="HasZeros">Whether groups have zero points; else codes lie around the middle.</param>
/// <param name="IsSuperBlocks">Whether scales of groups are in few bits themselves: ggml's Q4_K and Q6_K.</param>
public readonly record struct WeightEncoding(int Bits, int GroupSize, bool HasZeros, bool IsSuperBlocks = false);
