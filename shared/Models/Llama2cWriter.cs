using System.Runtime.InteropServices;

namespace InternPlatform.Models;

/// <summary>Writes models that llama2.c's <c>run.c</c> runs.</summary>
public static class Llama2cWriter
{
    /// <summary>Writes beside the name, flushes to the disk, and moves into place: the file is whole or not there.</summary>
    /// <param name="path">File to write; an existing one is replaced.</param>
    /// <param name="source">The model; one weight of it is in memory at a time.</param>
    /// <param name="version">0 or 1, both of 32-bit floats.</param>
    /// <exception cref="ArgumentException">The version is another, or <c>run.c</c> would compute something else than the model.</exception>
    /// <exception cref="InvalidModelException">A weight cannot be read.</exception>
    public static void Write(string path, IModelSource source, int version)
    {
        if (version is not (0 or 1))
        {
            throw new ArgumentException($"Version {version} is not written; 0 and 1 are.", nameof(version));
        }

        ThrowIfUnfit(source.Config);
        ModelFile.Write(path, stream =>
        {
            new Llama2cHeader(source.Config, version, 0).Write(stream);
            foreach (var (name, _) in Llama2cLayout.Of(source.Config, version))
            {
                if (name is null)
                {
                    WriteRotations(stream, source.Config);
                }
                else
                {
                    stream.Write(MemoryMarshal.AsBytes<float>(RotaryPairs.OfWeight(RotaryPairs.Interleave, name, source.ReadFloats(name), source.Config)));
                }
            }
        });
    }

    // run.c has these as constants, or nothing for them.
    private static void ThrowIfUnfit(ModelConfig config)
    {
        var lack = config.RmsNormEpsilon != Llama2cHeader.RmsNormEpsilon ? $"an rms_norm_eps of {config.RmsNormEpsilon}"
            : config.RopeTheta != Llama2cHeader.RopeTheta ? $"a rope_theta of {config.RopeTheta}"
            : config.HeadDim * config.HeadCount != config.HiddenSize ? $"{config.HeadCount} heads of {config.HeadDim} in a width of {config.HiddenSize}"
            : config.BeyondPlainLlama;
        if (lack is not null)
        {
            throw new ArgumentException($"llama2.c has no place for {lack}.", nameof(config));
        }
    }

    /// <summary>cos(t · θ^(−2j/d)) as [context, d/2], then the sines; readers since 2023 skip them.</summary>
    private static void WriteRotations(FileStream stream, ModelConfig config)
    {
        var row = new float[config.HeadDim / 2];
        foreach (var turn in (Func<double, double>[])[Math.Cos, Math.Sin])
        {
            for (var position = 0; position < config.ContextLength; position++)
            {
                for (var pair = 0; pair < row.Length; pair++)
                {
                    row[pair] = (float)turn(position * Math.Pow(config.RopeTheta, -(double)pair / row.Length));
                }

                stream.Write(MemoryMarshal.AsBytes<float>(row));
            }
        }
    }
}
