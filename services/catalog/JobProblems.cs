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

    public static JobFailedException InvalidModel(string file, string reason) => new(
        "invalid-model", "The files are not a model that can be used.", $"{file}: {reason}");

    public static JobFailedException UploadGone() => new("upload-gone", "The uploaded file is no longer stored.", "Upload it again.");

    public static JobFailedException NotADataset(string artifactId, string kind) => new(
        "not-a-dataset", "An artefact is not a data set.", $"Artefact {artifactId} is a {kind}. Name the artefact of a data-set version.");

    public static JobFailedException NotATokenizer(string artifactId, string reason) => new(
        "not-a-tokenizer", "The tokenizer cannot be used.", $"Artefact {artifactId}: {reason}");

    public static JobFailedException NothingToLearn() => new("no-text", "The data sets hold no text.", "Choose data sets with rows of text or dialogues.");

    public static JobFailedException InvalidRow(string dataset, long row, string reason) => new(
        "invalid-row", "A row of a data set cannot be used.", $"Row {row} of '{dataset}': {reason}");

    public static JobFailedException NoRecords(string format) => new(
        "no-records", "The file has no records.",
        $"A file of the format '{format}' is running text; records come from JSON, JSON lines, CSV or Parquet. Choose one of these formats, or import it with keep 'text'.");

    public static JobFailedException RecordsNotText(string dataset, long row) => new(
        "records-not-text", "A data set holds records, not text to train on.",
        $"Row {row} of '{dataset}' is a record for evaluation. Import its file again with keep 'text', or choose another data set.");

    public static JobFailedException TooManyColumns(int columns, int limit) => new(
        "too-many-columns", "The file has too many columns.", $"Its first line names {columns} columns; at most {limit} can be read. Check that it is a CSV file, or keep the columns you need.");

    public static JobFailedException NothingLeft(int number, string kind, long rows, long all, string reason) => new(
        "nothing-left", "The recipe leaves no row.",
        $"Step {number} ({kind}) dropped the last {rows} of {all} rows, for example because: {reason}. Loosen that step's options, or leave the step out.");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):0.#} MB");
}
