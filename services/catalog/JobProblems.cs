using System.Globalization;
using InternPlatform.Jobs;

namespace InternPlatform.Catalog;

/// <summary>Every reason for which a job of catalog fails on what it was given.</summary>
internal static class JobProblems
{
    public static JobFailedException LineTooLong(long line, long offset, int limit) => new(
        "line-too-long", "A line of the file is too long.",
        $"Line {line}, which begins at byte {offset}, has more than {Megabytes(limit)}. Break it into shorter lines, and import the file again.");

    public static JobFailedException NotUtf8(long line, long offset, string hint) => new(
        "not-utf8", "The file is not UTF-8 text.",
        $"The first byte that is not UTF-8 is byte {offset} (line {line}). {hint} Convert it, for example with 'iconv -f GB18030 -t UTF-8', and import it again.");

    public static JobFailedException EmptyFile() => new("empty-file", "The file holds no text.", "Choose a file with text in it.");

    public static JobFailedException Compressed(string how) => new(
        "compressed-file", $"The file is {how}.", "Unpack it, and import the text, Markdown, JSON, JSON lines or Parquet file inside.");

    public static JobFailedException NoUsableRow(long rejected, long line, string reason) => new(
        "no-usable-row", "No row of the file could be used.",
        $"All {rejected} rows were rejected; the first at line {line}: {reason}");

    public static JobFailedException InvalidJson(string what) => new(
        "invalid-json", "The file is not valid JSON.", $"{what} A file with one object a line is 'jsonl': name it so, or choose that format.");

    public static JobFailedException JsonElementTooLong(long number, long offset, int limit) => new(
        "json-element-too-long", "An element of the JSON file is too long.",
        $"Element {number}, which begins at byte {offset}, has more than {Megabytes(limit)}. Split it, or write one object a line (JSON lines).");

    public static JobFailedException InvalidParquet(string reason) => new(
        "invalid-parquet", "The file is not a Parquet file that can be read.", $"{reason} Copy or make it again: a broken transfer often cuts such a file off.");

    public static JobFailedException RowGroupTooLarge(int group, long bytes, long limit) => new(
        "parquet-group-too-large", "A row group of the Parquet file is too large.",
        $"Row group {group} has {Megabytes(bytes)}; at most {Megabytes(limit)} can be read at once. Write the file again with smaller row groups.");

    public static JobFailedException UploadGone() => new("upload-gone", "The uploaded file is no longer stored.", "Upload it again.");

    public static JobFailedException NotADataset(string artifactId, string kind) => new(
        "not-a-dataset", "An artefact is not a data set.", $"Artefact {artifactId} is a {kind}. Name the artefact of a data-set version.");

    public static JobFailedException NotATokenizer(string artifactId, string reason) => new(
        "not-a-tokenizer", "The tokenizer cannot be used.", $"Artefact {artifactId}: {reason}");

    public static JobFailedException NothingToLearn() => new("no-text", "The data sets hold no text.", "Choose data sets with rows of text or dialogues.");

    public static JobFailedException InvalidRow(string dataset, long row, string reason) => new(
        "invalid-row", "A row of a data set cannot be used.", $"Row {row} of '{dataset}': {reason}");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MB");
}
