using System.Globalization;
using System.Text.RegularExpressions;

namespace Freehold.Answers;

/// <summary>What kind of thing an English or German question asks for, as far as its first words tell.</summary>
internal static partial class ExpectedAnswer
{
    private static readonly HashSet<string> Numerals = new(
        """
        one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million billion half third
        quarter dozen first second single both none several
        eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig hundert tausend millionen milliarde
        milliarden hälfte drittel viertel dutzend keine beide mehrere
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> Times = new(
        """
        january february march april may june july august september october november december monday tuesday wednesday thursday friday
        saturday sunday century
        januar februar märz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag samstag sonntag jahrhundert
        jahrhunderts
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a word may be the answer to the question.</summary>
    public delegate bool Test(string word);

    /// <summary>The test for a question; null where its words do not tell.</summary>
    public static Test? Of(string question) =>
        Amount().IsMatch(question) ? word => char.IsAsciiDigit(word[0]) || Numerals.Contains(word)
        : Moment().IsMatch(question) ? word => Date().IsMatch(word) || Times.Contains(word)
        : Name().IsMatch(question) ? word => CharUnicodeInfo.GetUnicodeCategory(word, 0) == UnicodeCategory.UppercaseLetter
        : null;

    [GeneratedRegex(
        @"\bhow (many|much|long|old|far|large|big|tall|high|often|fast)\b|\bwhat (percent|number|proportion|fraction)"
        + @"|\bwie ?(viele?n?|lange?|alt|weit|groß|hoch|oft|schnell|häufig)\b|\bwelche[rn] (prozentsatz|anteil)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Amount();

    [GeneratedRegex(
        @"\bwhen\b|\b(what|which) (years?|date|month|day|century|decade)\b"
        + @"|\bwann\b|\bwelche[mnrs]? (jahre?n?|datum|monat|tag|jahrhundert|jahrzehnt)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Moment();

    [GeneratedRegex(
        @"\bwho(m|se)?\b|\bwhere\b|\b(what|which) (city|country|state|university|team|company|river)\b"
        + @"|\bwe[rmn]\b|\bwessen\b|\bwo\b|\bwelche[mnrs]? (stadt|land|staat|universität|team|mannschaft|firma|unternehmen|fluss)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[12]\d{3}(s|er)?$|^\d{1,2}(st|nd|rd|th)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Date();
}
