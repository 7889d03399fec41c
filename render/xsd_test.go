package render_test

import (
	"encoding/xml"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// xsd is an XML schema as far as testdata/schema/junit.xsd uses the language:
// global elements with attributes and one sequence or choice of references.
type xsd struct {
	Elements []xsdElement `xml:"element"`
	Types    []xsdType    `xml:"complexType"`
}

type xsdElement struct {
	Name  string   `xml:"name,attr"`
	Ref   string   `xml:"ref,attr"`
	Type  string   `xml:"type,attr"`
	Min   string   `xml:"minOccurs,attr"`
	Max   string   `xml:"maxOccurs,attr"`
	Plain *xsdType `xml:"complexType"`
}

type xsdType struct {
	Name     string         `xml:"name,attr"`
	Mixed    bool           `xml:"mixed,attr"`
	Sequence *xsdGroup      `xml:"sequence"`
	Choice   *xsdGroup      `xml:"choice"`
	Attrs    []xsdAttribute `xml:"attribute"`
}

type xsdGroup struct {
	Min      string       `xml:"minOccurs,attr"`
	Elements []xsdElement `xml:"element"`
}

type xsdAttribute struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
	Use  string `xml:"use,attr"`
}

// node is any element of a document.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func readXSD(t *testing.T, file string) *xsd {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &xsd{}
	if err := xml.Unmarshal(data, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// check says what in a document the schema does not allow.
func (s *xsd) check(document string) error {
	var n node
	if err := xml.Unmarshal([]byte(document), &n); err != nil {
		return err
	}
	return s.element(n)
}

func (s *xsd) element(n node) error {
	for _, e := range s.Elements {
		if e.Name != n.XMLName.Local {
			continue
		}
		if e.Plain != nil {
			return s.typed(n, *e.Plain)
		}
		for _, t := range s.Types {
			if t.Name == e.Type {
				return s.typed(n, t)
			}
		}
		if e.Type == "xs:string" && len(n.Attrs)+len(n.Children) == 0 {
			return nil
		}
		return fmt.Errorf("%s: is no %s", e.Name, e.Type)
	}
	return fmt.Errorf("%s: not in the schema", n.XMLName.Local)
}

func (s *xsd) typed(n node, t xsdType) error {
	name := n.XMLName.Local
	if !t.Mixed && strings.TrimSpace(n.Text) != "" {
		return fmt.Errorf("%s: text %q", name, n.Text)
	}
	if err := attributes(n, t.Attrs); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := content(n, t); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, c := range n.Children {
		if err := s.element(c); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

var lexical = map[string]*regexp.Regexp{
	"xs:string":             regexp.MustCompile(`(?s)^.*$`),
	"xs:nonNegativeInteger": regexp.MustCompile(`^\+?\d+$`),
	"xs:dateTime":           regexp.MustCompile(`^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$`),
}

func attributes(n node, allowed []xsdAttribute) error {
	got := map[string]string{}
	for _, a := range n.Attrs {
		got[a.Name.Local] = a.Value
	}
	for _, a := range allowed {
		v, ok := got[a.Name]
		switch {
		case !ok && a.Use == "required":
			return fmt.Errorf("attribute %s is missing", a.Name)
		case ok && (lexical[a.Type] == nil || !lexical[a.Type].MatchString(v)):
			return fmt.Errorf("attribute %s: %q is no %s", a.Name, v, a.Type)
		}
		delete(got, a.Name)
	}
	for name := range got {
		return fmt.Errorf("attribute %s is not allowed", name)
	}
	return nil
}

func content(n node, t xsdType) error {
	rest := n.Children
	switch {
	case t.Choice != nil:
		found := t.Choice.Min == "0" && len(rest) == 0
		for _, e := range t.Choice.Elements {
			found = found || len(rest) == 1 && rest[0].XMLName.Local == e.Ref
		}
		if !found {
			return fmt.Errorf("%d elements, want one of a choice", len(rest))
		}
		return nil
	case t.Sequence != nil:
		for _, e := range t.Sequence.Elements {
			k := 0
			for k < len(rest) && rest[k].XMLName.Local == e.Ref && k < occurs(e.Max, 1) {
				k++
			}
			if k < occurs(e.Min, 1) {
				return fmt.Errorf("%d of %s, want at least %d", k, e.Ref, occurs(e.Min, 1))
			}
			rest = rest[k:]
		}
	}
	if len(rest) > 0 {
		return fmt.Errorf("%s: not here", rest[0].XMLName.Local)
	}
	return nil
}

func occurs(s string, otherwise int) int {
	switch s {
	case "":
		return otherwise
	case "unbounded":
		return 1 << 30
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// The validator itself must be able to say no.
func TestXSDRefuses(t *testing.T) {
	s := readXSD(t, "testdata/schema/junit.xsd")
	const head = `<testsuites name="a" tests="1" failures="0" errors="0"><testsuite name="a" tests="1" failures="0" errors="0">`
	const tail = `</testsuite></testsuites>`
	if err := s.check(head + `<testcase classname="a" name="b"/>` + tail); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{
		`<testsuite name="a" tests="1" failures="0" errors="0"/></testsuite><x/>`,
		`<testcase classname="a"/>`,
		`<testcase classname="a" name="b" file="c"/>`,
		`<testcase classname="a" name="b">text</testcase>`,
		`<testcase classname="a" name="b"><failure type="a" message="b"/><skipped type="a" message="b"/></testcase>`,
		`<testcase classname="a" name="b"><failure message="b"/></testcase>`,
		`<testcase classname="a" name="b"/><properties><property name="a" value="b"/></properties>`,
		`<properties></properties>`,
	} {
		if s.check(head+wrong+tail) == nil {
			t.Errorf("valid: %s", wrong)
		}
	}
	if s.check(strings.Replace(head, `tests="1"`, `tests="-1"`, 1)+tail) == nil {
		t.Error("a negative number of tests is valid")
	}
}
