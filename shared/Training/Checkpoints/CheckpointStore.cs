// What must stay true at every instant, whatever write was the last one:
//  1. a folder step-N with a file "complete" holds every byte its manifest names;
//  2. the newest such folder is never removed, and older ones only after it is on the disk;
//  3. whatever lacks "complete" is rubbish and may be removed at the next save.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace InternPlatform.Training.Checkpoints;

/// <summary>Checkpoints as folders <c>step-00000250</c> under one root.</summary>
internal sealed class CheckpointStore(string root, DurableFiles files, int keep)
{
    private const string Complete = "complete";
    private const string Manifest = "manifest.json";
    private const string Temporary = ".tmp";

    /// <summary>The newest complete checkpoint's folder, or null.</summary>
    public string? Newest() => CompleteFolders().FirstOrDefault();

    /// <summary>Writes a checkpoint, then removes what it replaces.</summary>
    /// <param name="step">Optimizer step it was taken after.</param>
    /// <param name="contents">Files by name, each as parts that are produced while writing.</param>
    /// <returns>The folder.</returns>
    public string Save(long step, IReadOnlyList<(string Name, IEnumerable<ReadOnlyMemory<byte>> Parts)> contents)
    {
        var folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}"));
        if (!File.Exists(Path.Combine(folder, Complete)))
        {
            Write(folder, contents);
        }

        RemoveReplaced();
        return folder;
    }

    /// <summary>Compares every file with its recorded SHA-256.</summary>
    /// <exception cref="TrainingException">A file is missing or damaged; the message names it.</exception>
    public static void Verify(string folder)
    {
        var manifest = Read(folder, Manifest);
        if (Encoding.ASCII.GetString(Read(folder, Complete)) != Hash(manifest))
        {
            throw Damaged(folder, Manifest);
        }

        var hashes = JsonSerializer.Deserialize<Dictionary<string, string>>(manifest) ?? throw Damaged(folder, Manifest);
        foreach (var (name, hash) in hashes)
        {
            if (!File.Exists(Path.Combine(folder, name)))
            {
                throw Damaged(folder, name);
            }

            using var file = File.OpenRead(Path.Combine(folder, name));
            if (Convert.ToHexStringLower(SHA256.HashData(file)) != hash)
            {
                throw Damaged(folder, name);
            }
        }
    }

    private void Write(string folder, IReadOnlyList<(string Name, IEnumerable<ReadOnlyMemory<byte>> Parts)> contents)
    {
        var temporary = folder + Temporary;
        foreach (var leftover in (string[])[temporary, folder])
        {
            if (Directory.Exists(leftover))
            {
                files.DeleteFolder(leftover);
            }
        }

        files.CreateFolder(temporary);
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, parts) in contents)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            files.WriteFile(Path.Combine(temporary, name), Hashed(parts, hash));
            hashes[name] = Convert.ToHexStringLower(hash.GetHashAndReset());
        }

        var manifest = JsonSerializer.SerializeToUtf8Bytes(hashes);
        files.WriteFile(Path.Combine(temporary, Manifest), [manifest]);
        files.FlushFolder(temporary);
        files.RenameFolder(temporary, folder);
        files.FlushFolder(root);
        files.WriteFile(Path.Combine(folder, Complete + Temporary), [Encoding.ASCII.GetBytes(Hash(manifest))]);
        files.RenameFile(Path.Combine(folder, Complete + Temporary), Path.Combine(folder, Complete));
        files.FlushFolder(folder);
    }

    private void RemoveReplaced()
    {
        var kept = CompleteFolders().Take(keep).ToHashSet();
        foreach (var old in Directory.EnumerateDirectories(root, "step-*").Where(folder => !kept.Contains(folder)).Order(StringComparer.Ordinal).ToArray())
        {
            // Without its mark it is rubbish at once, even if the machine stops while its files go.
            if (File.Exists(Path.Combine(old, Complete)))
            {
                files.DeleteFile(Path.Combine(old, Complete));
            }

            files.DeleteFolder(old);
        }
    }

    private IEnumerable<string> CompleteFolders() => !Directory.Exists(root)
        ? []
        : Directory.EnumerateDirectories(root, "step-*")
            .Where(folder => !folder.EndsWith(Temporary, StringComparison.Ordinal) && File.Exists(Path.Combine(folder, Complete)))
            .OrderDescending(StringComparer.Ordinal);

    private static IEnumerable<ReadOnlyMemory<byte>> Hashed(IEnumerable<ReadOnlyMemory<byte>> parts, IncrementalHash hash)
    {
        foreach (var part in parts)
        {
            hash.AppendData(part.Span);
            yield return part;
        }
    }

    private static byte[] Read(string folder, string name) => File.Exists(Path.Combine(folder, name))
        ? File.ReadAllBytes(Path.Combine(folder, name))
        : throw Damaged(folder, name);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static TrainingException Damaged(string folder, string name) => new(
        $"Checkpoint file {Path.Combine(folder, name)} is missing or damaged: its SHA-256 is not the recorded one. " +
        "Remove that checkpoint folder to resume from the one before it.");
}
