namespace InternPlatform.Models;

/// <summary>How a matrix in few bits is stored.</summary>
/// <param name="Bits">4 or 8.</param>
/// <param name="GroupSize">Inputs that share a scale; K for one scale a row.</param>
/// <param name="HasZeros">Whether groups have zero points; else codes lie around the middle.</param>
public readonly record struct WeightEncoding(int Bits, int GroupSize, bool HasZeros);
