using System.Text;
using System.Xml;

namespace Freehold.Ingestion.Readers;

/// <summary>
/// Steps through the XML of an Office document. Elements and attributes are known by their local names: the two editions
/// of the format differ by namespace alone. Whoever handles an element leaves the reader at its end.
/// </summary>
internal static class OfficeXml
{
    // Deeper than any person nests tables, text boxes and formulas. What is deeper still is left out.
    private const int MaxDepth = 256;

    /// <summary>Calls for every child element, and skips what is left of the element afterwards.</summary>
    public static void ForEachChild(XmlReader reader, Action<string> handle)
    {
        if (reader.IsEmptyElement)
        {
            return;
        }

        var depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType != XmlNodeType.Element)
            {
                continue;
            }

            if (reader.Depth > MaxDepth)
            {
                Skip(reader);
            }
            else
            {
                handle(reader.LocalName);
            }
        }
    }

    /// <summary>Reads the same content that is there for newer and for older readers: the first that makes what was read grow.</summary>
    public static void FirstThatSays(XmlReader reader, Func<int> length, Action read)
    {
        var before = length();
        ForEachChild(reader, _ =>
        {
            if (length() == before)
            {
                read();
            }
            else
            {
                Skip(reader);
            }
        });
    }

    /// <summary>Goes to the end of an element.</summary>
    public static void Skip(XmlReader reader)
    {
        var depth = reader.Depth;
        while (!reader.IsEmptyElement && reader.Read() && reader.Depth > depth)
        {
        }
    }

    /// <summary>Value of an attribute, or null.</summary>
    public static string? Attribute(XmlReader reader, string name)
    {
        string? value = null;
        for (var found = reader.MoveToFirstAttribute(); found && value is null; found = reader.MoveToNextAttribute())
        {
            value = reader.LocalName == name ? reader.Value : null;
        }

        reader.MoveToElement();
        return value;
    }

    /// <summary>The relationship that an attribute names, such as <c>r:id</c>, or null.</summary>
    public static string? Relationship(XmlReader reader, string name)
    {
        string? value = null;
        for (var found = reader.MoveToFirstAttribute(); found && value is null; found = reader.MoveToNextAttribute())
        {
            value = reader.LocalName == name && reader.NamespaceURI.EndsWith("/relationships", StringComparison.Ordinal) ? reader.Value : null;
        }

        reader.MoveToElement();
        return value;
    }

    /// <summary>Adds the text of an element and of those in it, piece by piece: a single one may be larger than what is read.</summary>
    public static void AppendText(XmlReader reader, StringBuilder text, int maxCharacters)
    {
        var buffer = new char[256];
        var depth = reader.Depth;
        while (!reader.IsEmptyElement && reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType is not (XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace))
            {
                continue;
            }

            while (reader.ReadValueChunk(buffer, 0, buffer.Length) is var read and > 0)
            {
                text.Append(buffer, 0, read);
                if (text.Length > maxCharacters)
                {
                    throw DocumentTextBuilder.TooMuchText(maxCharacters);
                }
            }
        }
    }

    /// <summary>Whether a switch is on: it is when it is there without a value.</summary>
    public static bool IsOn(XmlReader reader) => Attribute(reader, "val") is not ("0" or "false" or "off");
}
