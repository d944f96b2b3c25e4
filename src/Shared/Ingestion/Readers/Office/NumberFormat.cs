using System.Globalization;
using System.Text.RegularExpressions;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// What a number format of a sheet makes of a number. Dates and times are written as ISO 8601 does, percentages as such, and all
/// other numbers with every digit that the file holds, whatever the language of the sheet.
/// </summary>
internal sealed partial class NumberFormat
{
    private const double LastDate = 2_958_466;
    private const int Epoch1904 = 1_462;
    private const int SecondsOfDay = 86_400;

    private static readonly NumberFormat General = new();

    private bool _hasDate;
    private bool _hasTime;
    private bool _isElapsed;
    private bool _isPercent;

    /// <summary>Reads a format's code.</summary>
    public static NumberFormat Of(string? code)
    {
        if (string.IsNullOrEmpty(code) || code.Equals("General", StringComparison.OrdinalIgnoreCase) || code.Length > 255)
        {
            return General;
        }

        // The first of the sections says what kind of number it is: the others are for negative numbers, zero and text.
        var bare = Literals().Replace(code, "").Split(';')[0].ToLowerInvariant();
        var isElapsed = bare.Contains("[h", StringComparison.Ordinal) || bare.Contains("[m", StringComparison.Ordinal)
            || bare.Contains("[s", StringComparison.Ordinal);
        bare = Brackets().Replace(bare, "");
        var hasTime = bare.AsSpan().IndexOfAny("hs") >= 0;
        return new NumberFormat
        {
            _isElapsed = isElapsed,
            _hasTime = hasTime,
            _hasDate = bare.AsSpan().IndexOfAny("yd") >= 0 || (bare.Contains('m', StringComparison.Ordinal) && !hasTime && !isElapsed),
            _isPercent = bare.Contains('%', StringComparison.Ordinal),
        };
    }

    /// <summary>Reads the number of a format that every program knows (ECMA-376, 18.8.30).</summary>
    public static NumberFormat Of(int id) => id switch
    {
        9 or 10 => Of("0%"),
        >= 14 and <= 17 or >= 27 and <= 31 or 36 or >= 50 and <= 54 or 57 or 58 => Of("yyyy-mm-dd"),
        >= 18 and <= 21 or >= 32 and <= 35 or 45 or 47 or 55 or 56 => Of("h:mm:ss"),
        22 => Of("yyyy-mm-dd h:mm"),
        46 => Of("[h]:mm:ss"),
        _ => General,
    };

    /// <summary>Writes a number as people are shown it. What is no number stays as it is.</summary>
    public string Show(string raw, bool is1904)
    {
        if (!double.TryParse(raw, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
        {
            return raw;
        }

        if (_isElapsed && Math.Abs(number) < LastDate)
        {
            return Elapsed((long)Math.Round(number * SecondsOfDay));
        }

        if ((_hasDate || _hasTime) && number >= 0 && number < LastDate - Epoch1904)
        {
            return Date(number, is1904);
        }

        return _isPercent ? Plain(number * 100) + "%" : Plain(number);
    }

    // Sheets keep 15 digits; the rest is noise of the binary form.
    private static string Plain(double number) =>
        Math.Abs(number) is 0 or (>= 1e-9 and < 1e15)
            ? ((decimal)number).ToString(CultureInfo.InvariantCulture)
            : number.ToString("G15", CultureInfo.InvariantCulture);

    private static string Elapsed(long seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{(seconds < 0 ? "-" : "")}{Math.Abs(seconds) / 3600}:{Math.Abs(seconds) / 60 % 60:D2}:{Math.Abs(seconds) % 60:D2}");

    private string Date(double number, bool is1904)
    {
        var days = number + (is1904 ? Epoch1904 : number < 60 ? 1 : 0);
        var date = DateTime.FromOADate(Math.Floor(days)).AddSeconds(Math.Round((days - Math.Floor(days)) * SecondsOfDay));
        var time = date.Second == 0 ? "HH:mm" : "HH:mm:ss";
        var format = !_hasDate && number < 1 ? time : _hasTime ? $"yyyy-MM-dd {time}" : "yyyy-MM-dd";
        return date.ToString(format, CultureInfo.InvariantCulture);
    }

    // Text in quotes, escaped characters, and those that only take up room.
    [GeneratedRegex("""
        "[^"]*"|\\.|_.|\*.
        """)]
    private static partial Regex Literals();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Brackets();
}
