using System.Runtime.InteropServices;

namespace InternPlatform.Tokenization.Tests;

/// <summary>Hugging Face's own library, reading the file that we wrote, is the judge of our ids.</summary>
public sealed class HuggingFaceTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("huggingface").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Its_library_reads_our_file_and_gives_the_same_ids_and_text()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "The library's native part is here for Linux x64 only.");
        Texts.Small.Save(folder);
        var theirs = new Tokenizers.DotNet.Tokenizer(Path.Combine(folder, "tokenizer.json"));
        var random = new Random(13);
        for (var i = 0; i < 5000; i++)
        {
            // It always reads special tokens in text, so ours is asked to as well.
            var text = Texts.Arbitrary(random, loneSurrogates: false);
            var ids = Texts.Small.Encode(text, parseSpecialTokens: true);
            Assert.Equal(theirs.Encode(text).Select(id => (int)id), ids);
            Assert.Equal(theirs.Decode([.. ids.Select(id => (uint)id)]), Texts.Small.Decode(ids, skipSpecialTokens: true));
        }
    }
}
