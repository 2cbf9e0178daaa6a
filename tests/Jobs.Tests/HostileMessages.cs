using System.Globalization;
using System.Text;
using System.Text.Json;

namespace InternPlatform.Jobs.Tests;

/// <summary>Messages that no sender of ours would write.</summary>
internal sealed record HostileMessages(string? ContentType, byte[] Body, IDictionary<string, object?> Headers)
{
    private const string Json = "application/vnd.masstransit+json";
    private const string Ours = "urn:message:InternPlatform.Contracts.Jobs:JobChanged";
    private static readonly string CanaryName = typeof(Canary).AssemblyQualifiedName!;

    public static IEnumerable<HostileMessages> All(int count, int seed)
    {
        var random = new Random(seed);
        for (var n = 0; n < count; n++)
        {
            var headers = new Dictionary<string, object?> { ["MT-Activity-Id"] = Noise(random, 20), ["Intern-Delivery"] = random.Next(2) == 0 ? "-1" : Noise(random, 8) };
            yield return (n % 14) switch
            {
                0 => new(Json, [], headers),
                1 => new(Json, Encoding.UTF8.GetBytes(Noise(random, 200)), headers),
                2 => new(Json, "[[[]]]"u8.ToArray(), headers),
                3 => new(Json, Bytes(random, 300), headers),
                4 => new(Json, Envelope([CanaryName, "System.Diagnostics.Process"], Good()), headers),
                5 => new(Json, Envelope([$"urn:message:{Noise(random, 40)}:X"], Good()), headers),
                6 => new(Json, Envelope([Ours], $$"""{"$type":{{JsonSerializer.Serialize(CanaryName)}},"jobId":"{{Noise(random, 9)}}"}"""), headers),
                7 => new(Json, Envelope([Ours], $$"""{"service":"tests","jobId":{{random.Next()}},"kind":[],"state":"exploded","sequence":"{{Noise(random, 4)}}"}"""), headers),
                8 => new(Json, Envelope([Ours], new string('[', 100_000 + random.Next(1_000))), headers),
                9 => new(Json, Encoding.UTF8.GetBytes(new string('x', (1 << 20) + 1 + random.Next(1_000))), headers),
                10 => new("application/vnd.masstransit.v99+json", Envelope([Ours], Good()), headers),
                11 => new("application/x-java-serialized-object", Bytes(random, 100), headers),
                12 => new(Json, Envelope([Ours], "null"), headers),
                _ => new(Json, Envelope([Ours], Good())[..^(1 + random.Next(40))], headers),
            };
        }
    }

    private static string Good() =>
        $$"""{"service":"tests","jobId":"{{Guid.CreateVersion7()}}","projectId":"{{Guid.Empty}}","kind":"count","state":"running","sequence":1}""";

    private static byte[] Envelope(string[] types, string message) =>
        Encoding.UTF8.GetBytes($$"""{"messageId":"{{Guid.CreateVersion7()}}","messageType":{{JsonSerializer.Serialize(types)}},"message":{{message}}}""");

    private static string Noise(Random random, int length) =>
        string.Concat(Enumerable.Range(0, length).Select(_ => random.Next(36) is var digit && digit < 10 ? digit.ToString(CultureInfo.InvariantCulture) : $"{(char)('a' + digit - 10)}"));

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}

/// <summary>Nobody makes one.</summary>
public sealed class Canary
{
    public Canary() => Made = true;

    public static bool Made { get; private set; }
}
